import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { createRouterClient } from "@orpc/server";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { definitionProcedures } from "../../../main/routines/definition-procedures.ts";
import { listTriggers, switchTrigger } from "../../../main/routines/triggers.ts";
import { fileKeyPlace } from "../../../main/secrets/file-key-place.ts";
import { openVault, type Vault } from "../../../main/secrets/vault.ts";
import type { RoutineInput } from "../../../preload/contract/routines.ts";
import type { TriggerInput } from "../../../preload/contract/triggers.ts";
import { testDatabase, type TestDatabase } from "../../fixtures/database.ts";
import { noted } from "../../fixtures/unexpected.ts";
import { aCompany, anAgent, aSecret, clock } from "./fixtures.ts";

type Company = Awaited<ReturnType<typeof aCompany>>;

let database: TestDatabase;
let directory: string;
let vault: Vault;
/** Two companies that have an agent, a project and secrets of the same names. */
let [here, there]: Company[] = [];
let client: ReturnType<typeof open>;
const unexpected: unknown[] = [];

beforeAll(async () => {
  database = await testDatabase();
  directory = await mkdtemp(path.join(os.tmpdir(), "pcd-definitions-"));
  vault = await openVault({
    database,
    clock,
    place: fileKeyPlace({
      keyFile: path.join(directory, "master.key"),
      keyFileIsDefault: false,
      secretsDirectory: directory,
    }),
  });
  [here, there] = [await aCompany(database), await aCompany(database)];
  for (const { companyId } of [here, there]) {
    await anAgent(database, companyId, { name: "coder" });
    await database.pool.query("update projects set name = 'Website' where company_id = $1", [companyId]);
    await aSecret(database, companyId, "gh-token");
  }
  client = open(false);
});
afterAll(async () => {
  await database.close();
  await rm(directory, { recursive: true });
});

function open(strict: boolean) {
  return createRouterClient(definitionProcedures({ database, vault, clock, strictMode: () => strict }), {
    context: { host: "in-process", reportUnexpected: noted(unexpected) },
  });
}

const WEBHOOK_NOTE =
  "Everything: the address and the signing key of its webhook are left out; it gets others where it is imported.";
const of = (company: Company | undefined): string => company?.companyId ?? "";
const full = (title: string): RoutineInput => ({
  title,
  instructions: "Look at {{what}}.\nThen stop.\n",
  agent: "coder",
  project: "Website",
  variables: [{ name: "what", type: "text", required: true, default: "the inbox" }],
  env: { GH_TOKEN: { type: "secret_ref", secret: "gh-token", version: 1 }, MODE: { type: "plain", value: "fast" } },
  retry: { maxAttempts: 3 },
  triggers: [
    { kind: "schedule", expression: "0 9 * * 1-5", zone: "Europe/Berlin", label: "mornings" },
    { kind: "schedule", expression: "*/15 * * * *", zone: "UTC", enabled: false },
    { kind: "once", at: "2020-01-01T00:00:00.000Z" },
    { kind: "api", label: "hook" },
    { kind: "webhook", signingMode: "none", label: "open" },
    { kind: "webhook", signingMode: "github_hmac", replayWindowSeconds: 60 },
  ],
});
const create = (company: Company | undefined, routine: RoutineInput) => {
  if (!company) throw new Error("there is no company");
  return company.create(routine);
};
const outcomes = (answer: { rows: readonly { title: string; outcome: string }[] }) =>
  answer.rows.map(({ title, outcome }) => [title, outcome]);
const exported = async (company: Company | undefined, routines?: string[], format: "yaml" | "json" = "yaml") =>
  client.export({ company: of(company), format, ...(routines ? { routines } : {}) });

test("a file says the same of a routine wherever it is imported, and again it changes nothing", async () => {
  const routineId = await create(here, full("Everything"));
  for (const format of ["yaml", "json"] as const) {
    const file = await exported(here, [routineId], format);
    expect(file).toMatchObject({ name: `everything.${format}`, count: 1, notes: [WEBHOOK_NOTE] });
    expect(outcomes(await client.import({ company: of(there), text: file.text }))).toEqual([
      ["Everything", format === "yaml" ? "added" : "unchanged"],
    ]);
    expect((await exported(there, ["Everything"], format)).text).toBe(file.text);
    expect(outcomes(await client.import({ company: of(here), text: file.text }))).toEqual([
      ["Everything", "unchanged"],
    ]);
  }
});

const trigger: fc.Arbitrary<TriggerInput> = fc.oneof(
  fc.record({
    kind: fc.constant("schedule" as const),
    expression: fc.constantFrom("0 9 * * 1-5", "*/5 * * * *", "@daily", "30 2 * * *"),
    zone: fc.constantFrom("UTC", "Europe/Berlin"),
    enabled: fc.boolean(),
    missedCap: fc.integer({ min: 1, max: 100 }),
  }),
  fc.record({
    kind: fc.constant("once" as const),
    at: fc.constantFrom("2030-01-01T00:00:00.000Z", "2020-01-01T00:00:00.000Z"),
    zone: fc.constant("Asia/Tokyo"),
    graceSeconds: fc.integer({ min: 5, max: 86_400 }),
  }),
  fc.record({ kind: fc.constant("api" as const) }),
  fc.record({
    kind: fc.constant("webhook" as const),
    signingMode: fc.constantFrom("none" as const, "bearer" as const, "hmac_sha256" as const),
    replayWindowSeconds: fc.integer({ min: 30, max: 86_400 }),
  }),
);

test("whatever triggers and texts a routine has, export and import are each other's way back", async () => {
  let number = 0;
  const texts = fc
    .string({ maxLength: 40, unit: "grapheme" })
    .filter((text) => !text.includes("\0") && !/\p{Cs}/u.test(text));
  await fc.assert(
    fc.asyncProperty(fc.array(trigger, { maxLength: 5 }), texts, async (triggers, instructions) => {
      number += 1;
      const labelled = triggers.map((one, index) =>
        Object.assign({}, one, index % 2 === 0 ? { label: `t${index}` } : {}),
      );
      const routineId = await create(here, {
        title: `Round ${number}`,
        instructions,
        agent: "coder",
        triggers: labelled,
      });
      const { text } = await exported(here, [routineId]);
      await client.import({ company: of(there), text });
      expect((await exported(there, [`Round ${number}`])).text).toBe(text);
      expect(outcomes(await client.importPreview({ company: of(here), text }))).toEqual([
        [`Round ${number}`, "unchanged"],
      ]);
    }),
    { numRuns: 15, endOnFailure: true },
  );
});

test("a preview says what would be, with what is missing, and changes nothing", async () => {
  const routineId = await create(here, full("Previewed"));
  const text = [
    "routines:",
    "  - title: previewed",
    "    instructions: Only look.",
    "    triggers:",
    "      - {kind: schedule, label: mornings, expression: 0 10 * * 1-5, zone: Europe/Berlin}",
    "  - title: New one",
    "    agent: coder",
    "    triggers: [{kind: schedule, expression: '@daily', zone: UTC}]",
    "  - title: Lost",
    "    agent: nobody",
    "    project: Nothing",
    "    env: {A: {type: secret_ref, secret: no-such}, B: {type: withheld}}",
    "  - title: Wrong",
    "    triggers: [{kind: schedule, expression: 0 25 * * *, zone: UTC}]",
    "  - title: LOST",
  ].join("\n");
  const before = await exported(here, [routineId]);
  const { rows, applied } = await client.importPreview({ company: of(here), text });
  expect(applied).toBe(false);
  expect(outcomes({ rows })).toEqual([
    ["Previewed", "changed"],
    ["New one", "added"],
    ["Lost", "refused"],
    ["Wrong", "refused"],
    ["LOST", "refused"],
  ]);
  const [changedRow, addedRow, lost, wrong, twice] = rows;
  expect(changedRow?.diff?.fields.filter(({ field }) => field.startsWith("triggers.")).map(({ to }) => to)).toEqual(
    expect.arrayContaining([expect.objectContaining({ expression: "0 10 * * 1-5" }), null]),
  );
  expect(addedRow?.notes).toEqual([
    "Done by the agent coder.",
    "It is active at once.",
    "Starts by itself: At 00:00, every day, UTC.",
  ]);
  expect(lost?.line).toBe(9);
  expect(lost?.reasons.join("\n")).toMatch(
    /no-such[^]*nobody|nobody[^]*Nothing[^]*no-such[^]*withholds the value of B/,
  );
  expect(wrong?.reasons).toEqual([expect.stringMatching(/0 >25< \* \* \*/)]);
  expect(twice?.reasons).toEqual(["Its title stands in the file twice."]);
  expect(await exported(here, [routineId])).toEqual(before);
  await expect(client.import({ company: of(here), text })).rejects.toMatchObject({
    code: "invalid_input",
    message: expect.stringMatching(/^Nothing was imported: Lost: .* 2 more are refused too\.$/),
  });
  expect(await exported(here, [routineId])).toEqual(before);

  const done = await client.import({ company: of(here), text, skipRefused: true, paused: true });
  expect(outcomes(done)).toEqual(outcomes({ rows }));
  expect(done.rows[1]?.notes[1]).toBe("It starts paused.");
});

test("a switch stays as it was set, and a definition that leaves triggers out leaves them alone", async () => {
  const routineId = await create(here, full("Switched"));
  const file = await exported(here, [routineId]);
  const first = (await listTriggers(database.orm, routineId)).find(({ kind }) => kind === "schedule");
  if (!first || !here) throw new Error("there is a trigger");
  await switchTrigger(database, { ...here.note, routineId, trigger: first.id, enabled: !first.enabled });
  expect(outcomes(await client.import({ company: of(here), text: file.text }))).toEqual([["Switched", "unchanged"]]);
  expect(outcomes(await client.import({ company: of(here), text: "title: Switched\npriority: urgent\n" }))).toEqual([
    ["Switched", "changed"],
  ]);
  expect((await listTriggers(database.orm, routineId)).length).toBe(6);
});

test("a plain value that looks like a credential is never written, and stays where it is", async () => {
  if (!here) throw new Error("there is no company");
  const value = "ghp_0123456789abcdefghijABCDEFGHIJ012345";
  const routineId = await here.create({ title: "Clear", agent: "coder", env: {} });
  await database.pool.query("update routines set env = $2 where id = $1", [
    routineId,
    JSON.stringify({ GH_TOKEN: { type: "plain", value }, MODE: { type: "plain", value: "x" } }),
  ]);
  const file = await exported(here, ["Clear"]);
  expect(file.text).not.toContain(value);
  expect(file.notes).toEqual(["Clear: GH_TOKEN is withheld: its plain value looks like a credential."]);
  await client.import({ company: of(here), text: file.text });
  const { rows } = await database.pool.query("select env from routines where id = $1", [routineId]);
  expect(rows[0].env.GH_TOKEN.value).toBe(value);
  expect((await client.importPreview({ company: of(there), text: file.text })).rows[0]?.reasons).toEqual([
    "The file withholds the value of GH_TOKEN. Make it a secret, and refer to that in the file.",
  ]);
  const strict = await open(true).importPreview({ company: of(there), text: `title: S\nenv: {GH_TOKEN: ${value}}` });
  expect(strict.rows[0]?.outcome).toBe("refused");
  expect(JSON.stringify(strict)).not.toContain(value);
});

test("a routine of another company is not exported, and one that is archived is not changed", async () => {
  const routineId = await create(there, { title: "Theirs" });
  await expect(exported(here, [routineId])).rejects.toMatchObject({ code: "routine_missing" });
  await database.pool.query("update routines set status = 'archived' where id = $1", [routineId]);
  expect((await client.importPreview({ company: of(there), text: "title: theirs" })).rows[0]).toMatchObject({
    outcome: "refused",
    reasons: ["The routine of this title is archived; resume it first."],
  });
  expect((await exported(there)).text).not.toContain("Theirs");
});

const crontab = [
  "# m h  dom mon dow   command",
  "SHELL=/bin/sh",
  "MAILTO=ops@example.org",
  "PATH=/usr/bin:/bin",
  'API_TOKEN = "canary-crontab-token-0123"',
  "",
  "# Back the database up",
  "# every night",
  "30 2 * * * /usr/local/bin/backup --all > /dev/null",
  "#15 4 * * * /usr/local/bin/old",
  "CRON_TZ=Asia/Tokyo",
  "0 9 * * mon-fri printf '%s\\%' \"$API_TOKEN\" | wc -c%first%second",
  "@reboot /usr/local/bin/start",
  "61 * * * * /usr/local/bin/never",
  "@daily echo {{date}}",
  "nonsense",
].join("\n");

test("a crontab becomes routines and secrets: what it would be is told first, and it is done once", async () => {
  const company = of(there);
  const input = { company, text: crontab, zone: "Europe/Berlin" };
  const shown = await client.crontabPreview(input);
  expect(JSON.stringify(shown)).not.toContain("canary");
  expect(outcomes(shown)).toEqual([
    ["Back the database up", "added"],
    ["printf", "added"],
  ]);
  expect(shown.left.map(({ line }) => line)).toEqual([10, 13, 14, 15, 16]);
  expect(shown.notes).toEqual([
    expect.stringMatching(/^Line 3: MAILTO is left out/),
    "Line 5: API_TOKEN looks like a credential and becomes the secret api-token.",
    expect.stringMatching(
      /^Commands are done by the agent crontab, which is new: it starts \["\/bin\/sh", "-c", COMMAND\] in /,
    ),
    "Where CRON_TZ says nothing, schedules go by Europe/Berlin.",
    "The routines start paused: take the jobs out of the crontab, then resume them.",
  ]);
  expect((await exported(there)).text).not.toContain("Back the database up");

  expect(outcomes(await client.crontabImport(input))).toEqual(outcomes(shown));
  expect(outcomes(await client.crontabImport(input))).toEqual([
    ["Back the database up", "unchanged"],
    ["printf", "unchanged"],
  ]);
  const { text } = await exported(there, ["Back the database up", "printf"], "json");
  const { routines } = JSON.parse(text) as { routines: RoutineInput[] };
  expect(routines).toMatchObject([
    {
      agent: "crontab",
      instructions: "/usr/local/bin/backup --all > /dev/null",
      env: { API_TOKEN: { type: "secret_ref", secret: "api-token" }, PATH: { type: "plain", value: "/usr/bin:/bin" } },
      triggers: [{ kind: "schedule", expression: "30 2 * * *", zone: "Europe/Berlin", enabled: true }],
    },
    { triggers: [{ expression: "0 9 * * mon-fri", zone: "Asia/Tokyo" }] },
  ]);
  const { rows } = await database.pool.query("select status from routines where company_id = $1 and title = 'printf'", [
    company,
  ]);
  expect(rows).toEqual([{ status: "paused" }]);

  await database.pool.query("update agents set adapter_config = '{}' where company_id = $1 and name = 'crontab'", [
    company,
  ]);
  await expect(client.crontabPreview(input)).rejects.toMatchObject({ code: "name_taken" });
  expect(outcomes(await client.crontabPreview({ ...input, agent: "cron", active: true }))).toEqual([
    ["Back the database up", "changed"],
    ["printf", "changed"],
  ]);
});

test("nothing of all this was unexpected", () => {
  expect(unexpected).toEqual([]);
});
