import path from "node:path";
import { z } from "zod";
import type { AgentTest } from "../../../preload/contract/work.ts";
import { Refusal } from "../../contract/refusal.ts";
import type { Json } from "../../database/schema/work.ts";

/** Where the instructions of a run stand in an argv template. */
export const INSTRUCTIONS = "{instructions}";
/** Where the path of the file with the instructions stands in an argv template. */
export const INSTRUCTIONS_FILE = "{file}";

/** How an agent is started: a program, or a request to a service. */
export type LaunchPlan = ProcessPlan | RequestPlan;

/** How an agent's program is started. */
export interface ProcessPlan {
  readonly kind: "process";
  /** The argv template: the program first, with `{instructions}` or `{file}` where a run puts them. */
  readonly argv: readonly string[];
  /** An absolute path. */
  readonly cwd: string;
  readonly instructionsVia: "stdin" | "argument" | "file" | "none";
  readonly timeoutSeconds: number | null;
}

/** The request that an agent's service is sent. It holds placeholders, never a value that is filled in. */
export interface RequestPlan {
  readonly kind: "request";
  readonly method: "POST" | "PUT";
  /** Absolute, http or https, as it is written in the configuration. */
  readonly url: string;
  /** Names with templates, content-type among them. */
  readonly headers: readonly (readonly [name: string, template: string])[];
  /** A template. */
  readonly body: string;
  /** The one status that is success; null where each from 200 to 299 is. */
  readonly expectStatus: number | null;
  readonly timeoutSeconds: number | null;
}

export interface LaunchDefaults {
  /** The folder of an agent that names none; an absolute path. A relative folder is taken from here. */
  readonly cwd: string;
}

/** What an adapter's own check may use. */
export interface TestSurroundings extends LaunchDefaults {
  /** The env that a run would be given, without its secrets. */
  readonly env: Readonly<Record<string, string>>;
  /** The names that the agent takes from secrets. */
  readonly secretNames: readonly string[];
}

/** A text of a configuration that might be a credential, under the name it has there; nameless it is judged by itself. */
export interface PlainText {
  /** The field that a refusal names, such as `config.headers.authorization`. */
  readonly field: string;
  readonly name: string;
  readonly value: string;
}

/** A way to start agents: one file, with the schema of its configuration. */
export interface Adapter<Plan extends LaunchPlan = LaunchPlan> {
  readonly id: string;
  /** What its plans start. */
  readonly kind: Plan["kind"];
  readonly label: string;
  readonly description: string;
  /** The name of the command that it starts, or null where the configuration says what is started. */
  readonly program: string | null;
  readonly configSchema: z.ZodType;
  /** The configuration as it is stored, or a refusal `adapter_invalid` with the fields that are wrong. */
  checkConfig(config: unknown): { [key: string]: Json };
  /** What of a valid configuration strict mode judges; left out, nothing. */
  plainTexts?(config: { readonly [field: string]: Json }): readonly PlainText[];
  plan(config: unknown, defaults: LaunchDefaults): Plan;
  /** Checks the configuration and what it starts, step by step, and stops at what makes the next step pointless. */
  test(config: unknown, surroundings: TestSurroundings): Promise<AgentTest>;
}

/** Text that no process can be given, and half of a surrogate pair, which no byte stands for. */
function deliverable<Schema extends z.ZodString>(schema: Schema): Schema {
  return schema
    .refine((text) => !text.includes("\0"), "must not hold a NUL character")
    .refine((text) => !/\p{Surrogate}/u.test(text), "must not hold half a character");
}

/** A folder in a configuration. `~` is a shell's abbreviation, and there is no shell. */
export const folder = deliverable(z.string().min(1, "must not be empty").max(4_096))
  .refine((text) => !text.startsWith("~"), "must be written in full: ~ is not expanded")
  .describe("The folder the program is started in");

/** Seven days at most. */
export const timeoutSeconds = z
  .int("must be a whole number of seconds")
  .min(1, "must be at least 1")
  .max(604_800, "must be at most 604800, which is seven days")
  .describe("A run that takes longer is ended");

/** One argument of a program. */
export const argument = deliverable(z.string().max(20_000, "must be at most 20,000 characters"));

/** Parses a configuration, or refuses it with a message per field. */
export function parseConfig<Config>(schema: z.ZodType<Config>, adapter: string, config: unknown): Config {
  const parsed = schema.safeParse(config);
  if (parsed.success) return parsed.data;
  const fields: Record<string, string> = {};
  for (const issue of parsed.error.issues) fields[["config", ...issue.path].join(".")] ??= issue.message;
  const [field, message] = Object.entries(fields)[0] ?? ["config", "is not valid"];
  throw new Refusal(
    "adapter_invalid",
    `The configuration of the ${adapter} adapter is not valid: ${field}: ${message}.`,
    {
      fields,
      next: "See the fields of each adapter: `paperclip-desktop call agents.adapters`",
      details: { adapter },
    },
  );
}

/** A parsed configuration as it is stored: fields that were left out stay out. */
export function storedConfig(config: { readonly [field: string]: Json | undefined }): { [key: string]: Json } {
  return Object.fromEntries(
    Object.entries(config).flatMap(([field, value]) => (value === undefined ? [] : [[field, value]])),
  );
}

/** The folder of a plan: absolute, or taken from the default one. */
export function resolveFolder(cwd: string | undefined, defaults: LaunchDefaults): string {
  return cwd === undefined ? defaults.cwd : path.resolve(defaults.cwd, cwd);
}
