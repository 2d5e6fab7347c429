import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { asRefusal } from "../../../../main/contract/refusal.ts";
import { fillRequest } from "../../../../main/work/adapters/fill-request.ts";
import { httpAdapter } from "../../../../main/work/adapters/http.ts";
import { refuseCredentials } from "../../../../main/work/adapters/plain-credentials.ts";
import { FACT_NAMES, type Facts } from "../../../../main/work/adapters/request-template.ts";

const url = "https://agent.example/run";
const plan = (config: object) => httpAdapter.plan({ url, ...config }, { cwd: "/" });
const facts: Facts = {
  runId: "r1",
  attempt: 2,
  companyId: "c1",
  routineId: "o1",
  agentId: "a1",
  projectId: null,
  trigger: "webhook",
  instructions: 'Say "hi"\nto {{env.TOKEN}}',
  payload: { note: "{{env.TOKEN}}" },
};

function fieldsOf(work: () => unknown): Readonly<Record<string, string>> {
  try {
    work();
  } catch (error) {
    const refusal = asRefusal(error);
    if (refusal?.code !== "adapter_invalid" || !refusal.data.next) throw error;
    return refusal.data.fields ?? {};
  }
  return {};
}
const refused = (config: object) => fieldsOf(() => plan(config));

const filled = (config: object, env: Record<string, string> = {}, given: Facts = facts) => {
  const answer = fillRequest(plan(config), env, given);
  if (!answer.ok) throw new Error(answer.problem.message);
  return answer.request;
};

describe("the http adapter", () => {
  test("sends all of the run as JSON by POST, for an hour at most, unless told otherwise", () => {
    expect(plan({})).toMatchObject({ method: "POST", url, expectStatus: null, timeoutSeconds: 3_600 });
    expect(filled({}).headers).toEqual([["content-type", "application/json"]]);
    expect(JSON.parse(filled({}).body)).toEqual(facts);
    expect(filled({ body: "json" })).toEqual(filled({}));
  });

  test("stores what was given", () => {
    const config = { url, headers: { "x-api-key": "{{env.KEY}}" }, expectStatus: 202 };
    expect(httpAdapter.checkConfig(config)).toEqual({ method: "POST", ...config });
  });

  test.each([
    ["no address", { url: undefined }, "config.url", "must be an address"],
    ["another protocol", { url: "ftp://x.example/" }, "config.url", "http://"],
    ["a path alone", { url: "/run" }, "config.url", "http://"],
    ["an address without a host", { url: "https:///run" }, "config.url", "http://"],
    ["a user", { url: "https://me@x.example/" }, "config.url", "user or a password"],
    ["a password", { url: "https://me:pw@x.example/" }, "config.url", "user or a password"],
    ["an empty user", { url: "https://@x.example/" }, "config.url", "user or a password"],
    ["a placeholder in the address", { url: "https://x.example/{{env.KEY}}" }, "config.url", "placeholder"],
    ["a line end in the address", { url: "https://x.example/\n" }, "config.url", "line ends"],
    ["a fragment", { url: "https://x.example/#a" }, "config.url", "never sent"],
    ["another method", { method: "GET" }, "config.method", "POST or PUT"],
    ["a fact in a header", { headers: { "x-note": "{{payload}}" } }, "config.headers.x-note", "goes into the body"],
    ["an unknown placeholder", { headers: { "x-a": "{{secret.A}}" } }, "config.headers.x-a", "{{secret.A}}"],
    ["a header of the connection", { headers: { Host: "x" } }, "config.headers.Host", "by the app itself"],
    ["a wish for compression", { headers: { "Accept-Encoding": "gzip" } }, "config.headers.Accept-Encoding", "itself"],
    ["a header twice", { headers: { "x-a": "1", "X-A": "2" } }, "config.headers.X-A", "twice"],
    ["an empty header", { headers: { "x-a": " " } }, "config.headers.x-a", "must have a value"],
    ["a header that is no text", { headers: { "x-a": 1 } }, "config.headers.x-a", "must be text"],
    ["headers as a list", { headers: ["x-a: 1"] }, "config.headers", "object"],
    [
      "a content type to fill in",
      { headers: { "content-type": "{{env.T}}" } },
      "config.headers.content-type",
      "written",
    ],
    ["an unknown placeholder in the body", { body: '{"a": {{note}}}' }, "config.body", "{{note}}"],
    ["a lone brace pair", { body: '{"a": "{{"}' }, "config.body", "must not hold {{"],
    ["a body that is no JSON", { body: "hello {{instructions}}" }, "config.body", "must be JSON"],
    ["a status that is none", { expectStatus: 99 }, "config.expectStatus", "at least"],
    ["no time", { timeoutSeconds: 0 }, "config.timeoutSeconds", "at least"],
    ["a field that there is not", { shell: true }, "config", '"shell"'],
  ])("refuses %s", (_, config, field, text) => {
    expect(refused(config)[field]).toContain(text);
  });

  test("no header takes a line end or anything else but printable ASCII, in its name or its value", () => {
    const bad = fc.constantFrom("\r", "\n", "\r\n", "\0", "\u007f", "ü", "\u2028", "\ud800");
    const part = fc.string({ unit: fc.constantFrom("a", "B", "-", "1", " ", "{{env.A}}"), maxLength: 8 });
    fc.assert(
      fc.property(part, bad, part, (before, character, after) => {
        expect(refused({ headers: { "x-a": `${before}${character}${after}v` } })).toHaveProperty([
          "config.headers.x-a",
        ]);
        const name = `${before}${character}${after}`;
        expect(refused({ headers: { [name]: "v" } })).toHaveProperty([`config.headers.${name}`]);
      }),
    );
  });

  test("every placeholder is one of those that there are, or refused", () => {
    const name = fc.oneof(
      fc.constantFrom(...FACT_NAMES, "env.A", "env.a_1"),
      fc.string({ maxLength: 12 }).map((text) => text.replaceAll(/[{}]/g, "")),
      fc.string({ maxLength: 6 }).map((text) => `env.${text.replaceAll(/[{}]/g, "")}`),
    );
    const textPlain = { "content-type": "text/plain" };
    fc.assert(
      fc.property(name, (inner) => {
        const isVariable = /^env\.[A-Za-z_][A-Za-z0-9_]*$/.test(inner.trim());
        const isFact = (FACT_NAMES as readonly string[]).includes(inner.trim());
        const inBody = Object.keys(refused({ body: `x{{${inner}}}`, headers: textPlain }));
        expect(inBody).toEqual(isVariable || isFact ? [] : ["config.body"]);
        const isPlain = /^[\x20-\x7e]*$/.test(inner);
        const inHeader = Object.keys(refused({ headers: { "x-a": `x{{${inner}}}` } }));
        expect(inHeader).toEqual(isVariable && isPlain ? [] : ["config.headers.x-a"]);
      }),
    );
  });
});

describe("filling a request", () => {
  test("fills variables into headers and body, and what is filled in is not read again", () => {
    const config = {
      headers: { authorization: "Bearer {{env.TOKEN}}" },
      body: '{"prompt": "Do: {{instructions}}", "all": {{ payload }}, "quoted": "{{payload}}", "t": {{env.TOKEN}}, "p": "{{projectId}}"}',
    };
    const { headers, body } = filled(config, { TOKEN: 't"k' });
    expect(headers).toEqual([
      ["authorization", 'Bearer t"k'],
      ["content-type", "application/json"],
    ]);
    expect(JSON.parse(body)).toEqual({
      prompt: `Do: ${String(facts.instructions)}`,
      all: facts.payload,
      quoted: JSON.stringify(facts.payload),
      t: 't"k',
      p: "",
    });
  });

  test("is written as its content type wants it", () => {
    const as = (type: string) =>
      filled({ headers: { "Content-Type": type }, body: "a={{env.A}}&b={{payload}}" }, { A: "1&2 3" }).body;
    expect(as("application/x-www-form-urlencoded; charset=utf-8")).toBe(
      "a=1%262%203&b=%7B%22note%22%3A%22%7B%7Benv.TOKEN%7D%7D%22%7D",
    );
    expect(as("text/plain")).toBe('a=1&2 3&b={"note":"{{env.TOKEN}}"}');
  });

  test("a JSON body stays JSON that holds what was filled in, whatever that is", () => {
    const body =
      '{"in \\" quotes": "a {{instructions}} b", "alone": {{instructions}}, "env": ["{{env.A}}", {{payload}}]}';
    const nasty = fc.string({ unit: fc.constantFrom('"', "\\", "{{", "}}", "\n", "\0", "\ud800", "💥", "env.A", "a") });
    fc.assert(
      fc.property(nasty, fc.string(), fc.jsonValue(), (instructions, value, payload) => {
        const given = { ...facts, instructions, payload: payload as Facts["payload"] };
        expect(JSON.parse(filled({ body }, { A: value }, given).body)).toEqual({
          'in " quotes': `a ${instructions} b`,
          alone: instructions,
          env: [value, JSON.parse(JSON.stringify(payload))],
        });
      }),
    );
  });

  test("is refused where a variable is not there, and where its value cannot stand in a header", () => {
    const config = { headers: { authorization: "Bearer {{env.TOKEN}}" } };
    const answer = (env: Record<string, string>) => fillRequest(plan(config), env, facts);
    expect(answer({})).toMatchObject({ ok: false, problem: { code: "env_missing" } });
    expect(answer({ toString: "x" })).toMatchObject({ ok: false });
    const unfit = answer({ TOKEN: "hidden-value\r\nx-other: 1" });
    expect(unfit).toMatchObject({ ok: false, problem: { code: "header_invalid" } });
    expect(JSON.stringify(unfit)).not.toContain("hidden-value");
  });
});

describe("strict mode", () => {
  const judged = (config: object, before: object | null = null) =>
    fieldsOf(() =>
      refuseCredentials(
        httpAdapter,
        httpAdapter.checkConfig({ url, ...config }),
        before && httpAdapter.checkConfig({ url, ...before }),
      ),
    );

  test.each([
    [{ headers: { Authorization: "Bearer abcdefgh12345678" } }, "config.headers.Authorization"],
    [{ headers: { authorization: "whatever" } }, "config.headers.authorization"],
    [{ headers: { "x-api-key": "swordfish" } }, "config.headers.x-api-key"],
    [{ headers: { "X-N8N-API-KEY": "swordfish" } }, "config.headers.X-N8N-API-KEY"],
    [{ headers: { cookie: "session=swordfish" } }, "config.headers.cookie"],
    [{ headers: { "x-gitlab-token": "swordfish" } }, "config.headers.x-gitlab-token"],
    [{ headers: { "x-any": "ghp_0123456789abcdefghij" } }, "config.headers.x-any"],
    [{ headers: { "x-any": "ghp_0123456789abcdefghij {{env.A}}" } }, "config.headers.x-any"],
    [{ url: `${url}?api_key=swordfish` }, "config.url"],
    [{ body: '{"auth": {"api_key": "swordfish"}, "p": {{payload}}}' }, "config.body"],
  ])("refuses %j in clear, and does not repeat it", (config, field) => {
    const fields = judged(config);
    expect(Object.keys(fields)).toEqual([field]);
    expect(JSON.stringify(fields)).not.toMatch(/swordfish|abcdefgh12345678|ghp_/);
    // What stood there before can stay.
    expect(judged(config, config)).toEqual({});
  });

  test.each([
    { headers: { authorization: "Bearer {{env.TOKEN}}", "x-api-key": "{{env.KEY}}", cookie: "session={{env.S}}" } },
    { headers: { accept: "application/json", "x-environment": "staging" } },
    { url: "https://n8n.example/webhook/8b8f9b6e-4d0c-4f0a-9a43-0a6f0a1f7e3c?mode=fast" },
    { body: '{"api_key": "{{env.KEY}}", "token_count": 5, "prompt": {{instructions}}}' },
  ])("takes %j", (config) => {
    expect(judged(config)).toEqual({});
  });
});
