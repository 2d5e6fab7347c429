import { oc } from "@orpc/contract";
import { z } from "zod";
import { company, id, name, reference } from "./common.ts";
import { errorMap } from "./errors.ts";
import { routineDiff } from "./routines.ts";

const area = oc.errors(errorMap);

export const definitionFormat = z.enum(["yaml", "json"]);
export type DefinitionFormat = z.infer<typeof definitionFormat>;

/** One routine of a file, and what importing it does. */
const definitionRow = z.object({
  title: z.string(),
  /** Where it begins in the file, from 1; null where that is not known. */
  line: z.int().nullable(),
  outcome: z.enum(["added", "changed", "unchanged", "refused"]),
  routineId: id.nullable(),
  /** What changes of a routine that is there, without values. */
  diff: routineDiff.nullable(),
  /** Why it is refused: all that is missing or wrong, one sentence each. */
  reasons: z.array(z.string()),
  /** What else to know: who does the work, when it starts by itself. */
  notes: z.array(z.string()),
});
export type DefinitionRow = z.infer<typeof definitionRow>;

const definitionsImport = z.object({
  applied: z.boolean(),
  rows: z.array(definitionRow),
  /** Lines of a crontab that cannot be taken, and why. */
  left: z.array(z.object({ line: z.int(), why: z.string() })),
  /** Of the file as a whole. */
  notes: z.array(z.string()),
});
export type DefinitionsImport = z.infer<typeof definitionsImport>;

/** The text of a file; it may hold plain values of an env, so it is never carried back. */
const fileText = z.string().max(4_194_304, "must be at most 4 MiB").meta({ secret: true, writeOnly: true });

const importChoices = {
  /** New routines start paused, whatever the file says of their triggers. */
  paused: z.boolean().optional(),
  /** Imports the others where some are refused; otherwise nothing is imported then. */
  skipRefused: z.boolean().optional(),
};
const importInput = z.object({ company, text: fileText, ...importChoices });

const crontabInput = z.object({
  company,
  text: fileText,
  /** Of jobs that `CRON_TZ` names no zone for; this machine's unless it is named. */
  zone: z.string().trim().min(1).max(64).optional(),
  /** The agent that hands each command to a shell: made where there is none of that name. */
  agent: name.optional(),
  /** Routines start at once; otherwise they start paused, because cron still starts the jobs. */
  active: z.boolean().optional(),
  /** Keys whose values stay plain although they look like credentials. */
  plain: z.array(z.string().max(1_000)).max(500).optional(),
  skipRefused: z.boolean().optional(),
});

export const definitions = {
  export: area
    .route({ summary: "Routines as a file: all that they are, without values of secrets" })
    .input(
      z.object({
        company,
        /** All that are not archived unless they are named. */
        routines: z.array(reference).min(1).max(500).optional(),
        format: definitionFormat.optional(),
      }),
    )
    .output(
      z.object({
        format: definitionFormat,
        /** What the file would be called. */
        name: z.string(),
        text: z.string(),
        count: z.int(),
        /** What the file does not hold. */
        notes: z.array(z.string()),
      }),
    ),
  importPreview: area
    .route({ summary: "What importing a file of routines would do, routine by routine; changes nothing" })
    .input(importInput)
    .output(definitionsImport),
  import: area
    .route({ summary: "Import a file of routines: new ones are added, those with the same title are changed" })
    .input(importInput)
    .output(definitionsImport),
  crontabPreview: area
    .route({ summary: "What importing a user's crontab would do, job by job; changes nothing" })
    .input(crontabInput)
    .output(definitionsImport),
  crontabImport: area
    .route({ summary: "Import a user's crontab: each job becomes a routine that an agent hands to a shell" })
    .input(crontabInput)
    .output(definitionsImport),
};
