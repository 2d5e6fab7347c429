import { z } from "zod";
import type { Json } from "../../database/schema/work.ts";
import {
  type Adapter,
  parseConfig,
  type PlainText,
  type RequestPlan,
  storedConfig,
  timeoutSeconds as seconds,
} from "./adapter.ts";
import { contentTypeOf, whyNoHeaderText } from "./fill-request.ts";
import { checkService } from "./http-check.ts";
import { jsonShape, whyNoTemplate, withoutPlaceholders, writingOf } from "./request-template.ts";

/** What is sent where no body is written: all that is known of the run. */
const WHOLE_RUN = `{
  "runId": {{runId}},
  "attempt": {{attempt}},
  "companyId": {{companyId}},
  "routineId": {{routineId}},
  "agentId": {{agentId}},
  "projectId": {{projectId}},
  "trigger": {{trigger}},
  "instructions": {{instructions}},
  "payload": {{payload}}
}`;

/** In `body`, the same as leaving it out. */
const JSON_BODY = "json";
const JSON_TYPE = "application/json";

/** A service that never answers must not keep a run open for ever: nobody sees a process to end. */
const DEFAULT_TIMEOUT_SECONDS = 3_600;

const url = z
  .string({ error: 'must be an address, such as "https://agent.example/run"' })
  .max(2_000, "must be at most 2,000 characters")
  .check((context) => refuse(context, whyNoUrl(context.value)))
  .describe("The address of the service. It is shown and logged: what is secret goes into a header");

const headers = z
  .record(z.string(), z.string("must be text"), {
    error: 'must be an object of texts, such as {"accept": "text/plain"}',
  })
  .check((context) => {
    const entries = Object.entries(context.value);
    if (entries.length > 50) refuse(context, "must be at most 50 headers");
    const seen = new Set<string>();
    for (const [name, value] of entries) {
      const twin = seen.has(name.toLowerCase()) ? "stands there twice: names count whatever their case" : null;
      seen.add(name.toLowerCase());
      refuse(context, twin ?? whyNoHeader(name, value), name);
    }
  })
  .meta({
    description: "Each with its value, in which {{env.KEY}} stands for a variable of the run, such as a secret",
  });

const fields = z
  .strictObject(
    {
      url,
      method: z.enum(["POST", "PUT"], "must be POST or PUT").default("POST").describe("How the request is made"),
      headers: headers.optional(),
      body: z
        .string("must be text: a template, or left out")
        .max(100_000, "must be at most 100,000 characters")
        .check((context) => {
          if (context.value !== JSON_BODY) refuse(context, whyNoTemplate(context.value, "body"));
        })
        .optional()
        .meta({
          description:
            "A template, with {{instructions}}, {{payload}}, {{runId}}, {{env.KEY}} and the like; left out, all of the run as JSON",
          contentMediaType: "text/plain",
        }),
      timeoutSeconds: seconds.optional().describe("A run that takes longer is ended; left out, after an hour"),
      expectStatus: z
        .int("must be a whole number")
        .min(200, "must be at least 200")
        .max(599, "must be at most 599")
        .optional()
        .describe("The one status that counts as success; left out, each from 200 to 299"),
    },
    { error: explainUnknownField },
  )
  .check((context) => {
    const { headers = {}, body } = context.value;
    if (body === undefined || body === JSON_BODY || whyNoTemplate(body, "body") !== null) return;
    if (writingOf(contentTypeOf(withDefaults(headers))) !== "json" || jsonShape(body) !== undefined) return;
    const message = "must be JSON where no header content-type says otherwise";
    context.issues.push({ code: "custom", input: body, path: ["body"], message });
  });

/** A service that answers a run over HTTP. The request is made by the runner process; nothing is ever sent from here. */
export const httpAdapter: Adapter<RequestPlan> = {
  id: "http",
  kind: "request",
  label: "HTTP request",
  description:
    "Sends the instructions to a service by a request, and waits for its answer. A status from 200 to 299 is success; what it answers is the log.",
  program: null,
  configSchema: fields,
  checkConfig: (config) => storedConfig(parseConfig(fields, "http", config)),
  plainTexts,
  plan: requestPlan,
  test: (config, surroundings) => checkService(() => requestPlan(config), surroundings),
};

function requestPlan(config: unknown): RequestPlan {
  const { url, method, headers, body, timeoutSeconds, expectStatus } = parseConfig(fields, "http", config);
  return {
    kind: "request",
    url,
    method,
    headers: withDefaults(headers ?? {}),
    body: body === undefined || body === JSON_BODY ? WHOLE_RUN : body,
    expectStatus: expectStatus ?? null,
    timeoutSeconds: timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS,
  };
}

function withDefaults(headers: Readonly<Record<string, string>>): RequestPlan["headers"] {
  const entries = Object.entries(headers);
  const all = contentTypeOf(entries) === "" ? [...entries, ["content-type", JSON_TYPE] as const] : entries;
  // The database keeps them in an order of its own.
  return all.toSorted(([one], [other]) => (one < other ? -1 : 1));
}

function refuse<Value>(context: z.core.ParsePayload<Value>, message: string | null, name?: string): void {
  if (message === null) return;
  context.issues.push({ code: "custom", input: context.value, path: name === undefined ? [] : [name], message });
}

/** Why a text cannot be the address of a service, or null. */
function whyNoUrl(text: string): string | null {
  if (text.includes("{{") || text.includes("}}"))
    return "must not hold a placeholder: an address is shown and logged. Put the value into a header or the body";
  if (/[\s\p{Cc}\\]/u.test(text)) return "must not hold spaces, line ends or backslashes";
  if (!/^https?:\/\/[^/]/i.test(text) || !URL.canParse(text))
    return 'must be an address that begins with http:// or https://, such as "https://agent.example/run"';
  if (/^https?:\/\/[^/?#]*@/i.test(text)) return "must not hold a user or a password: put them into a header";
  return text.includes("#") ? "must not hold a #: what follows it is never sent" : null;
}

/** What belongs to the connection, and what would change how the answer can be read and masked. */
const OWN_HEADERS = new Set([
  "accept-encoding",
  "connection",
  "content-length",
  "expect",
  "host",
  "keep-alive",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Why a header cannot stand, or null. Its value is not repeated. */
function whyNoHeader(name: string, value: string): string | null {
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/.test(name) || name === "__proto__")
    return "has a name that no header can have: letters, digits and dashes only";
  if (OWN_HEADERS.has(name.toLowerCase())) return "is set by the app itself";
  if (value.trim() === "") return "must have a value";
  if (value.length > 4_000) return "must be at most 4,000 characters";
  if (name.toLowerCase() === "content-type" && value.includes("{{")) return "must be written out, without placeholders";
  return whyNoHeaderText(value) ?? whyNoTemplate(value, "header");
}

/** What of a configuration strict mode judges: the address, its parameters, each header, and the body by its fields. */
function plainTexts(config: { readonly [field: string]: Json }): PlainText[] {
  const { url, headers = {}, body } = parseConfig(fields, "http", config);
  const ofAddress = [...new URL(url).searchParams].map(([name, value]) => ({ field: "config.url", name, value }));
  const ofHeaders = Object.entries(headers).map(([name, value]) => {
    const clear = withoutPlaceholders(value);
    // With a placeholder in it, the secret is what is filled in; around it stand words such as Bearer.
    return { field: `config.headers.${name}`, name: clear === value ? name : "", value: clear };
  });
  const ofBody = body === undefined || body === JSON_BODY ? [] : bodyTexts(body);
  return [{ field: "config.url", name: "", value: url }, ...ofAddress, ...ofHeaders, ...ofBody];
}

function bodyTexts(body: string): PlainText[] {
  const texts: PlainText[] = [{ field: "config.body", name: "", value: withoutPlaceholders(body) }];
  const walk = (value: Json, name: string) => {
    if (typeof value === "string") {
      const clear = withoutPlaceholders(value);
      texts.push({ field: "config.body", name: clear === value ? name : "", value: clear });
    } else if (Array.isArray(value)) for (const item of value) walk(item, name);
    else if (typeof value === "object" && value !== null)
      for (const [key, item] of Object.entries(value)) walk(item, key);
  };
  walk(jsonShape(body) ?? null, "");
  return texts;
}

function explainUnknownField(issue: { readonly code?: string; readonly keys?: readonly string[] }): string | undefined {
  if (issue.code !== "unrecognized_keys") return undefined;
  return `there is no field ${issue.keys?.map((key) => `"${key}"`).join(", ")}`;
}
