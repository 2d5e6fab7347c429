import { oc } from "@orpc/contract";
import { z } from "zod";
import { company, id, reference } from "./common.ts";
import { layer } from "./environment.ts";
import { errorMap } from "./errors.ts";

const area = oc.errors(errorMap);

/** A plain value that is a credential, of an env or of how an agent is started, and what becomes of it. Never the value. */
const inlineFinding = z.object({
  layer,
  consumerId: id,
  /** An agent's or project's name, a routine's title. */
  consumerName: z.string(),
  /** Of the env, or the field of an agent's configuration, such as `config.headers.x-api-key`. */
  key: z.string(),
  /** What speaks for a credential. */
  why: z.string(),
  outcome: z.enum(["new_secret", "existing_secret", "skipped"]),
  /** The secret that the key refers to then; null where it is skipped. */
  secretKey: z.string().nullable(),
  /** Why it stays as it is, or null. */
  skipped: z.string().nullable(),
});
export type InlineFinding = z.infer<typeof inlineFinding>;

const inlineAnswer = z.object({
  applied: z.boolean(),
  findings: z.array(inlineFinding),
  /** What else to know and do. */
  notes: z.array(z.string()),
});
export type InlineAnswer = z.infer<typeof inlineAnswer>;

/** The text of a .env file: full of values, so it is never carried back. 1 MiB at most. */
const envFileText = z.string().max(1_048_576, "must be at most 1 MiB").meta({ secret: true, writeOnly: true });

const keys = z.array(z.string().max(1_000)).max(500);

/** One of the findings, as it is chosen. */
const inlineChoice = z.object({ layer, consumerId: id, key: z.string().max(1_000) });
export type InlineChoice = z.infer<typeof inlineChoice>;

const importChoices = {
  /** Every value that can be becomes a secret. */
  allSecret: z.boolean().optional(),
  /** Keys whose values become secrets, whatever they look like. */
  secret: keys.optional(),
  /** Keys whose values stay plain. */
  plain: keys.optional(),
  /** Keys that are not imported. */
  leaveOut: keys.optional(),
  /** Lets keys of the file take the place of what the env has under them: all of them, or these. */
  replace: z.union([z.boolean(), keys]).optional(),
};

/** One key of the file. Never its value. */
const importRow = z.object({
  key: z.string(),
  /** Of the file, from 1. */
  line: z.int(),
  /**
   * `conflict`: the env has another value under this key, and it stays. `refused`: it cannot be imported, and is left
   * out; `left_out`: so it was chosen.
   */
  outcome: z.enum(["new_secret", "existing_secret", "plain", "unchanged", "conflict", "refused", "left_out"]),
  /** The secret that the key refers to then, or null. */
  secretKey: z.string().nullable(),
  /** Whether it takes the place of something that the env has under this key. */
  replaces: z.boolean(),
  /** Whether the value could become a secret. */
  sealable: z.boolean(),
  /** Whether the value could stand in clear. */
  plainAllowed: z.boolean(),
  /** Why it is so, where that needs words. */
  why: z.string().nullable(),
});
export type ImportRow = z.infer<typeof importRow>;

const importAnswer = z.object({
  applied: z.boolean(),
  layer,
  targetId: id,
  targetName: z.string(),
  rows: z.array(importRow),
  /** What else to know of the file, with lines, and what to do. */
  notes: z.array(z.string()),
});
export type ImportAnswer = z.infer<typeof importAnswer>;

const importInput = z.object({ company, layer, target: reference, text: envFileText, ...importChoices });

export const inlineSecrets = {
  preview: area
    .route({
      summary: "Plain values of agents, projects and routines that are credentials, and what would become of them",
    })
    .input(z.object({ company }))
    .output(inlineAnswer),
  migrate: area
    .route({ summary: "Turn those plain values, or some of them, into secrets and references" })
    .input(z.object({ company, only: z.array(inlineChoice).max(10_000).optional() }))
    .output(inlineAnswer),
  importPreview: area
    .route({ summary: "What importing a .env file into an env would do; changes nothing" })
    .input(importInput)
    .output(importAnswer),
  importFile: area
    .route({ summary: "Import a .env file into the env of an agent, project or routine" })
    .input(importInput)
    .output(importAnswer),
};
