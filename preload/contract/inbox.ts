import { oc } from "@orpc/contract";
import { z } from "zod";
import { company, id, instant, reference } from "./common.ts";
import { errorMap } from "./errors.ts";
import { runStatus } from "./runs.ts";

const area = oc.errors(errorMap);

/** Missed slots that wait for the operator, one after the other, or one whole run that is held. */
const heldStretch = z.object({
  /** Of its row in the history. */
  id,
  /** Of a run that no schedule started: when it was asked for. */
  first: instant,
  last: instant,
  count: z.int().min(1),
  /** Why it is held, in one sentence. */
  reason: z.string(),
  heldAt: instant,
});
export type HeldStretch = z.infer<typeof heldStretch>;

/** Everything that is held of one trigger of a routine. */
const heldItem = z.object({
  routineId: id,
  routineTitle: z.string(),
  routineStatus: z.enum(["active", "paused", "archived"]),
  /** Null where the trigger was removed since, or none was behind it. */
  triggerId: id.nullable(),
  triggerLabel: z.string().nullable(),
  /** The schedule in words. */
  explanation: z.string().nullable(),
  zone: z.string().nullable(),
  first: instant,
  last: instant,
  count: z.int().min(1),
  /** Of the newest stretch, and how many there are. */
  reason: z.string(),
  heldAt: instant,
  /** The newest first, 20 at most. */
  stretches: z.array(heldStretch),
  moreStretches: z.int().min(0),
});
export type HeldItem = z.infer<typeof heldItem>;

const heldSlot = z.object({
  at: instant,
  /** What the clock of the trigger's zone shows then, such as `2026-03-08 07:00`. */
  local: z.string(),
});
export type HeldSlot = z.infer<typeof heldSlot>;

/** What a release came to. */
const released = z.object({
  /** The row of each slot that was to run: queued, or given way to another run by the routine's policy. */
  runs: z.array(z.object({ runId: id, routineId: id, slotAt: instant.nullable(), status: runStatus })),
  /** Slots that do not run any more. */
  skipped: z.int().min(0),
  /** Routines of which nothing was released, and why; only where no routine was named. */
  refused: z.array(
    z.object({
      routineId: id,
      routineTitle: z.string(),
      code: z.string(),
      message: z.string(),
      next: z.string().nullable(),
    }),
  ),
});
export type Released = z.infer<typeof released>;

const slots = z.array(instant).min(1).max(100);
const rows = z.array(id).min(1).max(100);

const runChoice = z.discriminatedUnion("kind", [
  /** The newest slot of each trigger runs and stands for the others, which are skipped. */
  z.strictObject({ kind: z.literal("latest") }),
  z.strictObject({ kind: z.literal("all") }),
  /** These run; the others stay held. */
  z.strictObject({ kind: z.literal("slots"), slots }),
  z.strictObject({ kind: z.literal("rows"), rows }),
]);
export type RunChoice = z.infer<typeof runChoice>;

const skipChoice = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("all") }),
  z.strictObject({ kind: z.literal("slots"), slots }),
  z.strictObject({ kind: z.literal("rows"), rows }),
]);
export type SkipChoice = z.infer<typeof skipChoice>;

/** Which of what is held is meant. Left out, a routine or trigger means all of them; null is what has no trigger any more. */
const held = z.object({
  company,
  routine: reference.optional(),
  trigger: id.nullable().optional(),
  /** What came to be held later is left alone: it was not seen yet. */
  heldUntil: instant.optional(),
});

export const inbox = {
  list: area
    .route({ summary: "Missed slots and runs that are held until they are run or skipped" })
    .input(z.object({ company, routine: reference.optional() }))
    .output(
      z.object({
        /** By the trigger, the one held last first, 200 at most. */
        items: z.array(heldItem),
        /** Further triggers with something held. */
        more: z.int().min(0),
        /** Slots and runs in all of them. */
        slots: z.int().min(0),
      }),
    ),
  slots: area
    .route({ summary: "The slots of one held stretch, the newest first" })
    .input(z.object({ company, row: id, before: instant.optional(), limit: z.int().min(1).max(500).optional() }))
    .output(
      z.object({
        slots: z.array(heldSlot),
        /** There are earlier ones. */
        more: z.boolean(),
        /** Null, or why only the first and the last of them can be told. */
        unknown: z.string().nullable(),
      }),
    ),
  run: area
    .route({ summary: "Run held slots: the latest of each trigger, all, or chosen ones" })
    .input(held.extend({ choice: runChoice }))
    .output(released),
  skip: area
    .route({ summary: "Skip held slots: all, or chosen ones" })
    .input(held.extend({ choice: skipChoice }))
    .output(released),
};
