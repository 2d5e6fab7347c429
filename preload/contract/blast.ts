import { z } from "zod";
import { id, instant } from "./common.ts";
import { layer, versionSelector } from "./environment.ts";
import { secretStatus } from "./secrets.ts";
import { standstill, upcomingTime } from "./triggers.ts";

/** What can be done to a secret that its users feel. */
export const secretChange = z.enum([
  "disable",
  "archive",
  "delete",
  "rotate",
  "rollback",
  "disable_version",
  "destroy_version",
]);
export type SecretChange = z.infer<typeof secretChange>;

const blastEffect = z.enum(["stops", "gets_new_value", "unaffected"]);
export type BlastEffect = z.infer<typeof blastEffect>;

/** One key of one layer that names the secret, and what the change means for it. */
const affectedKey = z.object({
  key: z.string(),
  layer,
  /** Whose layer it is: agent, project or routine. */
  consumerId: id,
  consumerName: z.string(),
  selector: versionSelector,
  effect: blastEffect,
  /** `stops`: the code that runs will be refused with. `refused_already`: the one they are refused with now. */
  code: z.string().nullable(),
  /** The version that a run reads now, and the one that it will read; null where it is refused or never asks. */
  version: z.int().nullable(),
  nextVersion: z.int().nullable(),
  /**
   * Why it is unaffected: `overridden` by a higher layer, `pinned` to a version of its own, `same_version` is read as before,
   * or runs are `refused_already`.
   */
  reason: z.enum(["overridden", "pinned", "same_version", "refused_already"]).nullable(),
  overriddenBy: layer.nullable(),
});
export type AffectedKey = z.infer<typeof affectedKey>;

/** What starts a routine besides the operator, by the triggers that are switched on. */
const routineStarts = z.object({
  /** The next three firings with a date; none at a standstill. */
  next: z.array(upcomingTime),
  /** Kinds without dates. */
  undated: z.array(z.enum(["webhook", "api"])),
  /** Triggers that are switched off. */
  switchedOff: z.int(),
  standstill: standstill.nullable(),
});
export type RoutineStarts = z.infer<typeof routineStarts>;

const affectedRoutine = z.object({
  routineId: id,
  title: z.string(),
  status: z.enum(["active", "paused", "archived"]),
  /** The strongest effect of its keys. */
  effect: blastEffect,
  keys: z.array(affectedKey),
  /** Null for an archived routine, for one that is not affected, and after the first 200. */
  starts: routineStarts.nullable(),
});
export type AffectedRoutine = z.infer<typeof affectedRoutine>;

/** A run that waits. */
const affectedFiring = z.object({
  kind: z.enum(["queued", "retry"]),
  /** Not before this instant; null: as soon as there is a place for it. */
  at: instant.nullable(),
  runId: id.nullable(),
  routineId: id,
  title: z.string(),
  effect: blastEffect,
  /** By what the run was pinned to when it was queued, which may differ from the routine as it is now. */
  keys: z.array(affectedKey),
});
export type AffectedFiring = z.infer<typeof affectedFiring>;

const counts = z.object({ stops: z.int(), getsNewValue: z.int(), unaffected: z.int() });

/** What a change of a secret would do, before it is done. */
export const blast = z.object({
  secret: z.object({ id, key: z.string(), status: secretStatus, latestVersion: z.int() }),
  change: secretChange,
  version: z.int().nullable(),
  /** How many routines, without archived ones, and how many firings. */
  counts: z.object({ routines: counts, firings: counts }),
  /** Those that name the secret in any layer: what stops first, archived ones last, then by title. */
  routines: z.array(affectedRoutine),
  /** The next 200, by their date. */
  firings: z.array(affectedFiring),
  moreFirings: z.int(),
  /** Bound consumers that no routine makes use of now; a run can still be given to such an agent by hand. */
  idle: z.array(
    z.object({
      targetType: z.string(),
      targetId: z.string(),
      targetName: z.string().nullable(),
      configPath: z.string(),
    }),
  ),
});
export type Blast = z.infer<typeof blast>;
