import { createRouterClient } from "@orpc/server";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../main/instance/clock.ts";
import { routineProcedures } from "../../main/routines/procedures.ts";
import { secretProcedures } from "../../main/secrets/procedures.ts";
import { findCompany } from "../../main/work/lookup.ts";
import { agentProcedures, companyProcedures, projectProcedures } from "../../main/work/procedures.ts";
import { noted } from "../fixtures/unexpected.ts";
import { type WorkWorld, workWorld } from "../fixtures/work-world.ts";

let world: WorkWorld;
let client: ReturnType<typeof clientOf>;
const unexpected: unknown[] = [];

function clientOf({ database, vault }: WorkWorld) {
  const clock = systemClock;
  const start = { baseEnvironment: async () => ({ PATH: "/usr/bin:/bin" }), defaultCwd: "/" };
  const router = {
    companies: companyProcedures({ database }),
    projects: projectProcedures({ database, strictMode: () => true }),
    agents: agentProcedures({ database, strictMode: () => true, ...start }),
    secrets: secretProcedures({ database, vault, clock, findCompany, keySources: async () => [] }),
    routines: routineProcedures({ database, vault, clock, wake: () => undefined, strictMode: () => true, ...start }),
  };
  return createRouterClient(router, { context: { host: "in-process", reportUnexpected: noted(unexpected) } });
}

const company = "ACME";
const config = { command: ["true"] };
const title = "Nightly";
const missing = "00000000-0000-4000-8000-000000000000";
const reserved = { PAPERCLIP_RUN_ID: "x" };
const gone = { KEY: { type: "secret_ref" as const, secret: "no-such" } };
let firstRevision = "";

beforeAll(async () => {
  world = await workWorld();
  client = clientOf(world);
  await client.agents.create({ company, name: "coder", adapter: "process", config });
  await client.agents.create({ company, name: "sleeper", adapter: "process", config });
  await client.agents.update({ company, agent: "sleeper", status: "paused" });
  await client.projects.create({ company, name: "Site" });
  await client.secrets.create({ company, key: "gh-token", name: "Forge", value: "canary-form" });
  await client.secrets.create({ company, key: "off", value: "canary-form" });
  await client.secrets.disable({ company, secret: "off" });
  await client.secrets.create({ company, key: "gone", value: "canary-form" });
  await client.secrets.delete({ company, secret: "gone" });
  const variables = [{ name: "branch", type: "text" as const, required: true }];
  firstRevision = (
    await client.routines.create({
      company,
      routine: { title, agent: "coder", instructions: "{{branch}}", variables },
    })
  ).latestRevisionId;
  await client.routines.update({ company, routine: title, changes: { priority: "high" } });
  await client.routines.create({ company, routine: { title: "Twice" } });
  await client.routines.create({ company, routine: { title: "Twice" } });
  await client.routines.create({ company, routine: { title: "Put away" } });
  await client.routines.archive({ company, routine: "Put away" });
});
afterAll(() => world.close());

type Case = [what: string, code: string, fields: string[], call: () => Promise<unknown>];

const cases: Case[] = [
  // Companies.
  ["a company without a name", "invalid_input", ["name"], () => client.companies.create({ name: " " })],
  ["a company whose name is taken", "company_taken", ["name"], () => client.companies.create({ name: "acme" })],
  [
    "a company whose prefix is taken",
    "company_taken",
    ["issuePrefix"],
    () => client.companies.create({ name: "New", issuePrefix: "ACME" }),
  ],
  ["a company that is not there", "company_missing", ["company"], () => client.companies.get({ company: "nobody" })],
  ["no company among several", "company_ambiguous", ["company"], () => client.agents.list({})],
  // Texts that cannot be stored, each at its own field.
  [
    "a variable whose label cannot be stored",
    "invalid_input",
    ["variables.branch"],
    () =>
      client.routines.create({
        company,
        routine: {
          title,
          instructions: "{{branch}}",
          variables: [{ name: "branch", type: "text", required: true, label: "a\0b" }],
        },
      }),
  ],
  [
    "a value of a variable that cannot be stored",
    "invalid_input",
    ["variables.branch"],
    () => client.routines.run({ company, routine: title, variables: { branch: "a\0b" } }),
  ],
  // Projects and agents.
  ["a project whose name is taken", "name_taken", ["name"], () => client.projects.create({ company, name: "site" })],
  [
    "a project with a reserved key",
    "env_key_reserved",
    ["env.PAPERCLIP_RUN_ID"],
    () => client.projects.update({ company, project: "Site", env: reserved }),
  ],
  [
    "a project that is not there",
    "project_missing",
    ["project"],
    () => client.projects.update({ company, project: "none", name: "x" }),
  ],
  [
    "an agent whose name is taken",
    "name_taken",
    ["name"],
    () => client.agents.update({ company, agent: "sleeper", name: "Coder" }),
  ],
  ["an agent that is not there", "agent_missing", ["agent"], () => client.agents.test({ company, agent: "none" })],
  [
    "an unknown adapter",
    "adapter_invalid",
    ["adapter"],
    () => client.agents.create({ company, name: "a", adapter: "none" }),
  ],
  [
    "an agent without a command",
    "adapter_invalid",
    ["config.command"],
    () => client.agents.create({ company, name: "a", adapter: "process", config: {} }),
  ],
  [
    "an agent with a folder that is none",
    "adapter_invalid",
    ["config.cwd"],
    () => client.agents.create({ company, name: "a", adapter: "claude", config: { cwd: "~" } }),
  ],
  [
    "an agent with bad keys and references",
    "env_key_invalid",
    ["env.A-B", "env.1"],
    () => client.agents.create({ company, name: "a", adapter: "claude", env: { "A-B": "x", "1": "x" } }),
  ],
  [
    "an agent with a secret that is not there",
    "secret_missing",
    ["env.KEY"],
    () => client.agents.create({ company, name: "a", adapter: "claude", env: gone }),
  ],
  [
    "an agent that passes on what is the app's own",
    "env_key_reserved",
    ["passThrough"],
    () => client.agents.create({ company, name: "a", adapter: "claude", passThrough: ["DATABASE_URL"] }),
  ],
  // Secrets.
  [
    "a secret whose key is taken",
    "secret_taken",
    ["key"],
    () => client.secrets.create({ company, key: "GH-TOKEN", value: "canary-form" }),
  ],
  [
    "a secret whose name is taken",
    "secret_taken",
    ["name"],
    () => client.secrets.create({ company, key: "other", name: "forge", value: "canary-form" }),
  ],
  [
    "a secret that is renamed to a taken name",
    "secret_taken",
    ["name"],
    () => client.secrets.update({ company, secret: "off", name: "Forge" }),
  ],
  [
    "a secret with a key of signs",
    "invalid_input",
    ["key"],
    () => client.secrets.create({ company, key: "///", value: "canary-form" }),
  ],
  [
    "a secret with a short value",
    "secret_value_invalid",
    ["value"],
    () => client.secrets.create({ company, key: "short", value: "abc" }),
  ],
  [
    "a new value that is empty",
    "secret_value_invalid",
    ["value"],
    () => client.secrets.rotate({ company, secret: "gh-token", value: "" }),
  ],
  [
    "a new value of a disabled secret",
    "secret_inactive",
    ["secret"],
    () => client.secrets.rotate({ company, secret: "off", value: "canary-form" }),
  ],
  ["a secret that is not there", "secret_missing", ["secret"], () => client.secrets.get({ company, secret: "none" })],
  [
    "a deleted secret",
    "secret_deleted",
    ["secret"],
    () => client.secrets.update({ company, secret: "gone", name: "x" }),
  ],
  ["events of no secret", "secret_missing", ["secret"], () => client.secrets.events({ company, secret: "none" })],
  ["a bad cursor of events", "invalid_input", ["cursor"], () => client.secrets.events({ company, cursor: "x" })],
  ["a bad cursor of secrets", "invalid_input", ["cursor"], () => client.secrets.list({ company, cursor: "x" })],
  // Routines.
  [
    "a routine without a title",
    "invalid_input",
    ["title"],
    () => client.routines.create({ company, routine: { title: "" } }),
  ],
  [
    "a change to no title",
    "invalid_input",
    ["title"],
    () => client.routines.update({ company, routine: title, changes: { title: " " } }),
  ],
  [
    "a retry beyond its limits",
    "invalid_input",
    ["retry.maxAttempts"],
    () => client.routines.update({ company, routine: title, changes: { retry: { maxAttempts: 0 } } }),
  ],
  [
    "a routine of an unknown agent",
    "agent_missing",
    ["agent"],
    () => client.routines.create({ company, routine: { title: "x", agent: "none" } }),
  ],
  [
    "a routine of an unknown project",
    "project_missing",
    ["project"],
    () => client.routines.update({ company, routine: title, changes: { project: "none" } }),
  ],
  [
    "a routine with a reserved key",
    "env_key_reserved",
    ["env.PAPERCLIP_RUN_ID"],
    () => client.routines.create({ company, routine: { title: "x", env: reserved } }),
  ],
  [
    "a routine with a secret that is not there",
    "secret_missing",
    ["env.KEY"],
    () => client.routines.update({ company, routine: title, changes: { env: gone } }),
  ],
  [
    "a choice without options",
    "variable_invalid",
    ["variables.kind"],
    () =>
      client.routines.create({
        company,
        routine: { title: "{{kind}}", variables: [{ name: "kind", type: "select", required: true }] },
      }),
  ],
  [
    "instructions that cannot be stored",
    "invalid_input",
    ["instructions"],
    () => client.routines.create({ company, routine: { title: "x", instructions: "a\0b" } }),
  ],
  [
    "a change on an earlier revision",
    "revision_stale",
    ["baseRevisionId"],
    () =>
      client.routines.update({ company, routine: title, changes: { priority: "low" }, baseRevisionId: firstRevision }),
  ],
  [
    "a routine that is not there",
    "routine_missing",
    ["routine"],
    () => client.routines.get({ company, routine: missing }),
  ],
  ["a title of several", "name_ambiguous", ["routine"], () => client.routines.get({ company, routine: "Twice" })],
  [
    "resuming without an agent",
    "routine_without_agent",
    ["agent"],
    () => client.routines.resume({ company, routine: "Put away" }),
  ],
  [
    "pausing an archived one",
    "routine_archived",
    ["routine"],
    () => client.routines.pause({ company, routine: "Put away" }),
  ],
  [
    "starting an archived one",
    "routine_archived",
    ["routine"],
    () => client.routines.run({ company, routine: "Put away" }),
  ],
  [
    "a run without its variable",
    "variable_missing",
    ["variables.branch"],
    () => client.routines.run({ company, routine: title }),
  ],
  [
    "a run with an unknown variable",
    "variable_invalid",
    ["variables.other"],
    () => client.routines.run({ company, routine: title, variables: { branch: "b", other: "x" } }),
  ],
  [
    "a run by a paused agent",
    "agent_inactive",
    ["agent"],
    () => client.routines.run({ company, routine: title, agent: "sleeper", variables: { branch: "b" } }),
  ],
  [
    "a run for an unknown project",
    "project_missing",
    ["project"],
    () => client.routines.run({ company, routine: title, project: "none", variables: { branch: "b" } }),
  ],
  ["a bad cursor of routines", "invalid_input", ["cursor"], () => client.routines.list({ company, cursor: "x" })],
  [
    "a bad cursor of revisions",
    "invalid_input",
    ["cursor"],
    () => client.routines.revisions({ company, routine: title, cursor: "x" }),
  ],
  [
    "a diff from no revision",
    "revision_missing",
    ["from"],
    () => client.routines.diff({ company, routine: title, from: 9, to: 1 }),
  ],
  [
    "a diff to no revision",
    "revision_missing",
    ["to"],
    () => client.routines.diff({ company, routine: title, from: 1, to: 9 }),
  ],
  [
    "restoring no revision",
    "revision_missing",
    ["revision"],
    () => client.routines.restore({ company, routine: title, revision: 9 }),
  ],
  [
    "restoring the latest revision",
    "revision_current",
    ["revision"],
    () => client.routines.restore({ company, routine: title, revision: 2 }),
  ],
  [
    "restoring without a key that it does not have",
    "invalid_input",
    ["leaveOut"],
    () => client.routines.restore({ company, routine: title, revision: 1, leaveOut: ["NONE"] }),
  ],
];

test.each(cases)("%s is refused with %s, at %j", async (_, code, fields, call) => {
  const refused = await call().then(
    () => null,
    (error: unknown) => error,
  );
  expect(refused).toMatchObject({ code, data: { fields: expect.any(Object) } });
  const said = (refused as { data: { fields: Record<string, string> } }).data.fields;
  expect(Object.keys(said).toSorted()).toEqual(fields.toSorted());
  for (const text of Object.values(said)) expect(text).not.toBe("");
  expect(JSON.stringify(refused)).not.toContain("canary");
  expect(unexpected).toEqual([]);
});
