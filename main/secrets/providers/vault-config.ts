import { z } from "zod";
import { Refusal } from "../../contract/refusal.ts";
import type { VaultConfig } from "./provider.ts";

/** Names under which people keep credentials. */
const CREDENTIAL_NAME =
  /(password|passwd|passphrase|credential|token|bearer|authorization|private|secret|api-?_?key|access-?_?key|session)/i;
/** Shapes of credentials, whatever they are called. */
const CREDENTIAL_VALUE = /\b(AKIA|ASIA)[0-9A-Z]{12,}|\bhvs\.[\w-]{10,}|\bghp_\w{10,}|-----BEGIN|"private_key"/;

const ADVICE = "A provider vault holds no credential: those are found by the provider's own chain.";

/**
 * Checks the settings of a vault strictly: an unknown name is refused, and one that looks like a credential with a word of
 * its own. No message repeats a value.
 */
export function readVaultConfig<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  config: unknown,
): z.infer<z.ZodObject<Shape>> & VaultConfig {
  const given = typeof config === "object" && config !== null ? Object.entries(config) : [];
  const fields: Record<string, string> = {};
  for (const [name, value] of given) {
    const known = Object.hasOwn(schema.shape, name);
    if ((!known && CREDENTIAL_NAME.test(name)) || (typeof value === "string" && CREDENTIAL_VALUE.test(value))) {
      fields[`config.${name}`] = "looks like a credential, and none is kept here";
    }
  }
  if (Object.keys(fields).length > 0) throw refused(fields, ADVICE);
  const parsed = schema.strict().safeParse(config);
  if (parsed.success) return parsed.data as z.infer<z.ZodObject<Shape>> & VaultConfig;
  for (const issue of parsed.error.issues) {
    if (issue.code === "unrecognized_keys") {
      for (const key of issue.keys) fields[`config.${key}`] ??= "is no setting of this provider";
    } else fields[`config.${issue.path.join(".")}`] ??= issue.message;
  }
  throw refused(fields, `The settings are: ${Object.keys(schema.shape).join(", ")}.`);
}

function refused(fields: Record<string, string>, next: string): Refusal {
  const [field = "config", message = "is not valid"] = Object.entries(fields)[0] ?? [];
  return new Refusal("invalid_input", `The provider vault was not saved: ${field} ${message}.`, { next, fields });
}

/** The address of a server and nothing more: no user, password, path, query or fragment. */
export const httpOrigin = z
  .string()
  .max(300)
  .refine((text) => originOf(text) !== null, "must be http(s)://host or http(s)://host:port, and nothing more")
  .transform((text) => originOf(text) ?? text);

function originOf(text: string): string | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  const plain = url.username === "" && url.password === "" && url.search === "" && url.hash === "";
  return ["http:", "https:"].includes(url.protocol) && plain && url.pathname === "/" && !/[?#@]/.test(text)
    ? url.origin
    : null;
}
