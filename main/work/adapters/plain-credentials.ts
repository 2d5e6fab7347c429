import { judgePlainValue, secretKeyFor } from "../../../preload/rules/credentials.ts";
import { Refusal } from "../../contract/refusal.ts";
import type { Json } from "../../database/schema/work.ts";
import type { Adapter, PlainText } from "./adapter.ts";

type Config = { readonly [field: string]: Json };

/**
 * Refuses a valid configuration that holds a credential in clear, as strict mode refuses the same value in an env: where it
 * was added or changed. `before` is the configuration that it replaces, of the same adapter, or null.
 */
export function refuseCredentials(adapter: Adapter, config: Config, before: Config | null): void {
  const known = before === null ? [] : (adapter.plainTexts?.(before) ?? []);
  for (const text of adapter.plainTexts?.(config) ?? []) {
    const sign = known.some((old) => isSame(old, text)) ? null : judgePlainValue(envNameOf(text.name), text.value);
    if (sign?.verdict !== "refuse") continue;
    const key = variableFor(text.name);
    throw new Refusal("adapter_invalid", `A credential is not saved in clear: ${text.field}. ${sign.why}`, {
      fields: {
        [text.field]: `holds a credential in clear. ${sign.why} Refer to a secret as ${key} in the env, and write {{env.${key}}} here.`,
      },
      next:
        `Create a secret, \`paperclip-desktop secrets create --key ${secretKeyFor(key)} --value-stdin\`, refer to it in the ` +
        `env of the agent as ${key}, and write {{env.${key}}} into a header or the body in place of the value.`,
      details: { adapter: adapter.id },
    });
  }
}

function isSame(one: PlainText, other: PlainText): boolean {
  return one.field === other.field && one.name === other.name && one.value === other.value;
}

/** A name for the variable that takes the place of a credential, where the one it has now says little. */
export function variableFor(name: string): string {
  const key = envNameOf(name).toUpperCase();
  return ["", "AUTHORIZATION", "COOKIE"].includes(key) ? "API_TOKEN" : key;
}

/** The name of a header or a field as that of a variable: `x-api-key` → `x_api_key`. */
export function envNameOf(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_]+/g, "_");
}
