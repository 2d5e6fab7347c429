import { judgePlainValue } from "../../../preload/rules/credentials.ts";
import { asRefusal } from "../../contract/refusal.ts";
import type { Json } from "../../database/schema/work.ts";
import { envNameOf, variableFor } from "./plain-credentials.ts";
import { adapterOf } from "./registry.ts";

/** How an agent is started, as it is stored. */
export interface Launch {
  readonly adapter: string;
  readonly config: { readonly [field: string]: Json };
}

/** A credential that stands in clear in how an agent is started. Its value stays in this process. */
export interface ConfigCredential {
  /** The field in which it stands, such as `config.headers.authorization`. */
  readonly key: string;
  readonly value: string;
  readonly why: string;
  /** A name for the variable that can take its place. */
  readonly variable: string;
  /** Why only the operator can move it, or null. */
  readonly stuck: string | null;
}

const HEADER = "config.headers.";

/** The credentials of a configuration, one for each field; none of one that cannot be read. */
export function configCredentials({ adapter, config }: Launch): ConfigCredential[] {
  const found = new Map<string, ConfigCredential>();
  for (const { field, name, value } of textsOf({ adapter, config })) {
    const sign = judgePlainValue(envNameOf(name), value);
    if (sign?.verdict !== "refuse" || found.has(field)) continue;
    const header = headersOf(config)[field.slice(HEADER.length)] ?? "";
    const stuck = whyStuck(field, header);
    const variable = variableFor(name).replace(/^(?=\d|PAPERCLIP_)/, "HTTP_");
    found.set(field, {
      key: field,
      value: stuck === null ? split(header).value : value,
      why: sign.why,
      variable,
      stuck,
    });
  }
  return [...found.values()];
}

/** The configuration with a variable, by its field, in the place of each of these credentials. */
export function withVariables(config: Launch["config"], variables: ReadonlyMap<string, string>): Launch["config"] {
  const headers = Object.entries(headersOf(config)).map(([name, text]) => {
    const variable = variables.get(`${HEADER}${name}`);
    return [name, variable === undefined ? text : `${split(text).scheme}{{env.${variable}}}`];
  });
  return { ...config, headers: Object.fromEntries(headers) as Json };
}

function textsOf({ adapter, config }: Launch) {
  try {
    return adapterOf(adapter).plainTexts?.(config) ?? [];
  } catch (error) {
    if (!asRefusal(error)) throw error;
    return [];
  }
}

function headersOf({ headers }: Launch["config"]): Readonly<Record<string, string>> {
  return (headers ?? {}) as Readonly<Record<string, string>>;
}

/** What of a header is the credential: all of it, or what follows the scheme. */
function split(header: string): { readonly scheme: string; readonly value: string } {
  const [scheme = ""] = /^\s*(?:bearer|basic|token|apikey)\s+/i.exec(header) ?? [];
  return { scheme, value: header.slice(scheme.length).trim() };
}

function whyStuck(field: string, header: string): string | null {
  if (field === "config.url") return "nothing is filled into an address: the service has to take it from a header.";
  if (!field.startsWith(HEADER))
    return "only a header is changed: refer to a secret in the env, and write {{env.KEY}} here.";
  return header.includes("{{") ? "there is a placeholder beside it: write another one in its place." : null;
}
