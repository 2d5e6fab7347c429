import { z } from "zod";
import { id, valuesByName } from "./common.ts";

export const layer = z.enum(["agent", "project", "routine"]);
export type Layer = z.infer<typeof layer>;

export const versionSelector = z.union([z.literal("latest"), z.int().min(1).max(1_000_000)]);
export type VersionSelector = z.infer<typeof versionSelector>;

/** One env binding as an operator writes it. A bare string is a plain value; a secret is named by key or by id. */
const envBindingInput = z.union([
  z.string(),
  z.strictObject({ type: z.literal("plain"), value: z.string() }),
  z
    .strictObject({
      type: z.literal("secret_ref"),
      secret: z.string().min(1).max(200).optional(),
      secretId: z.string().min(1).max(200).optional(),
      version: versionSelector.optional(),
    })
    .refine((binding) => (binding.secret === undefined) !== (binding.secretId === undefined), {
      message: "name the secret by `secret` (its key) or by `secretId`, one of the two",
    }),
]);

/** An env object: up to 500 keys. Keys are judged by the environment, so that the message can name the layer. */
export const envInput = valuesByName(z.string().max(1_000), envBindingInput).refine(
  (env) => Object.keys(env).length <= 500,
  { message: "at most 500 keys" },
);
export type EnvInput = z.infer<typeof envInput>;

/** One env binding as it is stored and shown. Secret values are never part of it. */
const envBinding = z.discriminatedUnion("type", [
  z.object({ type: z.literal("plain"), value: z.string() }),
  z.object({ type: z.literal("secret_ref"), secretId: id, version: versionSelector }),
]);
export type EnvBinding = z.infer<typeof envBinding>;

export const env = z.record(z.string(), envBinding);
export type Env = z.infer<typeof env>;

/** What a run got, one entry per delivered key, without values. */
export const manifestEntry = z.object({
  key: z.string(),
  layer: z.union([layer, z.literal("runtime")]),
  source: z.enum(["plain", "secret", "runtime"]),
  secretId: id.optional(),
  secretKey: z.string().optional(),
  /** The version that was read: a number, also where the binding says `latest`. */
  version: z.int().optional(),
  provider: z.string().optional(),
  outcome: z.enum(["success", "failure"]),
  /** How often the process printed its value; each was masked. Left out until the attempt is over, and where it never did. */
  maskHits: z.int().optional(),
  /** Layers that set the same key and lost. */
  overrides: z.array(layer).optional(),
});
export type ManifestEntry = z.infer<typeof manifestEntry>;

/** One key of a preview: who wins, who loses, and whether the run would get it. */
export const previewEntry = z.object({
  key: z.string(),
  layer,
  overrides: z.array(layer),
  source: z.enum(["plain", "secret"]),
  secretId: id.optional(),
  secretKey: z.string().nullable().optional(),
  secretStatus: z.string().nullable().optional(),
  selector: versionSelector.optional(),
  /** The version that a run started now would read, or null where there is none. */
  version: z.int().nullable().optional(),
  /** The code with which a run would be refused, or null. */
  problem: z.string().nullable(),
});
export type PreviewEntry = z.infer<typeof previewEntry>;
