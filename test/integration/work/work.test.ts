import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { EnvInput } from "../../../preload/contract/environment.ts";
import { CHANGE_CHANNEL } from "../../../main/database/changes.ts";
import { createAgent, listAgents, testAgent, updateAgent } from "../../../main/work/agents.ts";
import { createCompany, listCompanies, updateCompany } from "../../../main/work/companies.ts";
import { findAgent, findCompany, findProject } from "../../../main/work/lookup.ts";
import { createProject, listProjects, updateProject } from "../../../main/work/projects.ts";
import { testDatabase } from "../../fixtures/database.ts";
import { type WorkWorld, workWorld } from "../../fixtures/work-world.ts";

let world: WorkWorld;
let tokenId: string;
let foreignId: string;
beforeAll(async () => {
  world = await workWorld();
  tokenId = await world.secret(world.acme, "gh-token", "value-of-token");
  foreignId = await world.secret(world.other, "their-token", "value-of-theirs");
});
afterAll(() => world.close());

const orm = () => world.database.orm;
const config = { command: ["true"] };
const token: EnvInput = { GH_TOKEN: { type: "secret_ref", secret: "gh-token" } };

async function bindingsOf(targetId: string) {
  const { rows } = await world.database.pool.query<{ binding: string }>(
    "select config_path || ' ' || secret_id || ' ' || version_selector as binding from company_secret_bindings where target_id = $1 order by 1",
    [targetId],
  );
  return rows.map((row) => row.binding);
}

describe("companies", () => {
  test("are found by id, name and prefix, whatever the case", async () => {
    for (const reference of [world.acme.id, world.acme.id.toUpperCase(), "acme", " ACME ", "Acme"]) {
      expect(await findCompany(orm(), reference)).toEqual(world.acme);
    }
    await expect(findCompany(orm(), "nope")).rejects.toMatchObject({ code: "company_missing" });
    await expect(findCompany(orm(), randomUUID())).rejects.toMatchObject({ code: "company_missing" });
    await expect(findCompany(orm(), "'; drop table companies --")).rejects.toMatchObject({ code: "company_missing" });
  });

  test("may be left out while there is one, and not before or after", async () => {
    const database = await testDatabase();
    await expect(findCompany(database.orm, undefined)).rejects.toMatchObject({
      code: "company_missing",
      data: { next: expect.stringContaining("companies create") },
    });
    const first = await createCompany(database.orm, { name: "Only" });
    expect(await findCompany(database.orm, undefined)).toEqual(first);
    await createCompany(database.orm, { name: "Second" });
    await expect(findCompany(database.orm, undefined)).rejects.toMatchObject({ code: "company_ambiguous" });
    await database.close();
  });

  test("a name that is another's prefix is ambiguous, and an id never is", async () => {
    const named = await createCompany(orm(), { name: "ZZZ", issuePrefix: "AB" });
    const prefixed = await createCompany(orm(), { name: "Prefixed", issuePrefix: "ZZZ" });
    await expect(findCompany(orm(), "zzz")).rejects.toMatchObject({ code: "company_ambiguous" });
    expect(await findCompany(orm(), named.id)).toEqual(named);
    expect(await findCompany(orm(), "prefixed")).toEqual(prefixed);
  });

  test("get a prefix from their name that no other has", async () => {
    const names = ["Beta", "Beta Two", "Béta 3"];
    const made = await Promise.all(names.map((name) => createCompany(orm(), { name })));
    expect(made.map(({ issuePrefix }) => issuePrefix).toSorted()).toEqual(["BETA", "BETA2", "BETA3"]);
  });

  test("refuse a taken name or prefix, at creation and at change, and keep what was", async () => {
    const before = await listCompanies(orm());
    const taken = { code: "company_taken" };
    await expect(createCompany(orm(), { name: "ACME" })).rejects.toMatchObject({
      ...taken,
      data: { fields: { name: "is taken" } },
    });
    await expect(createCompany(orm(), { name: "New", issuePrefix: "ACME" })).rejects.toMatchObject({
      ...taken,
      data: { fields: { issuePrefix: "is taken" } },
    });
    await expect(updateCompany(orm(), "Other", { name: "acme" })).rejects.toMatchObject(taken);
    await expect(updateCompany(orm(), "Other", { issuePrefix: "ACME" })).rejects.toMatchObject(taken);
    expect(await listCompanies(orm())).toEqual(before);
  });

  test("are renamed, and a change that changes nothing leaves no trace", async () => {
    const company = await createCompany(orm(), { name: "Gamma" });
    const renamed = await updateCompany(orm(), "gamma", { name: "Delta", issuePrefix: "DEL" });
    expect(renamed).toMatchObject({ id: company.id, name: "Delta", issuePrefix: "DEL" });
    const before = await world.rowCounts();
    expect(await updateCompany(orm(), "DEL", { name: "Delta" })).toEqual(renamed);
    expect(await world.rowCounts()).toEqual(before);
  });
});

describe("agents", () => {
  test("are created with their bindings, found by id and name, and listed", async () => {
    const agent = await createAgent(orm(), "ACME", { name: "Writer", adapter: "process", config, env: token });
    expect(agent).toMatchObject({
      status: "active",
      adapterConfig: { command: ["true"], instructions: "stdin" },
      env: { GH_TOKEN: { type: "secret_ref", secretId: tokenId, version: "latest" } },
      passThrough: [],
    });
    expect(await bindingsOf(agent.id)).toEqual([`env.GH_TOKEN ${tokenId} latest`]);
    expect(await findAgent(orm(), world.acme.id, "WRITER")).toEqual(agent);
    expect(await findAgent(orm(), world.acme.id, agent.id)).toEqual(agent);
    expect(await listAgents(orm(), "acme")).toContainEqual(agent);
    expect(await listAgents(orm(), "other")).toEqual([]);
  });

  test("of another company are missing, by id as by name", async () => {
    const agent = await createAgent(orm(), "acme", { name: "Ours", adapter: "claude" });
    const byId = findAgent(orm(), world.other.id, agent.id);
    const never = findAgent(orm(), world.other.id, randomUUID());
    const [one, two] = await Promise.allSettled([byId, never]);
    const shape = (text: string) => text.replaceAll(/[0-9a-f-]{36}/g, "ID");
    const reason = (settled: PromiseSettledResult<unknown>) =>
      settled.status === "rejected" ? shape(JSON.stringify([String(settled.reason), settled.reason])) : "found";
    expect(reason(one)).toContain("agent_missing");
    expect(reason(one)).toBe(reason(two));
    await expect(updateAgent(orm(), "other", agent.id, { name: "X" })).rejects.toMatchObject({ code: "agent_missing" });
    await expect(findAgent(orm(), world.other.id, "ours")).rejects.toMatchObject({ code: "agent_missing" });
  });

  test("follow changes of their env with their bindings", async () => {
    const slackId = await world.secret(world.acme, "slack", "value-of-slack");
    const { id } = await createAgent(orm(), "acme", { name: "Changer", adapter: "claude", env: token });
    const both = { ...token, SLACK: { type: "secret_ref" as const, secretId: slackId, version: 1 } };
    await updateAgent(orm(), "acme", id, { env: both });
    expect(await bindingsOf(id)).toEqual([`env.GH_TOKEN ${tokenId} latest`, `env.SLACK ${slackId} 1`]);
    await updateAgent(orm(), "acme", id, { name: "Changed" });
    expect(await bindingsOf(id)).toHaveLength(2);
    await updateAgent(orm(), "acme", id, { env: { SLACK: both.SLACK, PLAIN: "x" } });
    expect(await bindingsOf(id)).toEqual([`env.SLACK ${slackId} 1`]);
    await updateAgent(orm(), "acme", id, { env: {} });
    expect(await bindingsOf(id)).toEqual([]);
  });

  test("cannot share a name in a company, and can across companies", async () => {
    await createAgent(orm(), "acme", { name: "Twin", adapter: "claude" });
    const second = await createAgent(orm(), "acme", { name: "Second", adapter: "claude" });
    await createAgent(orm(), "other", { name: "Twin", adapter: "claude" });
    const before = await world.rowCounts();
    const taken = { code: "name_taken", data: { fields: { name: "is taken" } } };
    await expect(createAgent(orm(), "acme", { name: "TWIN", adapter: "claude", env: token })).rejects.toMatchObject(
      taken,
    );
    await expect(updateAgent(orm(), "acme", second.id, { name: "twin", env: token })).rejects.toMatchObject(taken);
    const atOnce = await Promise.allSettled(
      [1, 2, 3].map(() => createAgent(orm(), "acme", { name: "Racer", adapter: "claude" })),
    );
    expect(atOnce.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(await world.rowCounts()).toMatchObject({
      agents: (before["agents"] ?? 0) + 1,
      bindings: before["bindings"],
    });
  });

  test.each([
    ["a reserved name", { env: { PAPERCLIP_RUN_ID: "x" } }, "env_key_reserved"],
    ["a malformed name", { env: { "A-B": "x" } }, "env_key_invalid"],
    ["a missing secret", { env: { A: { type: "secret_ref", secret: "nope" } } }, "secret_missing"],
    ["a foreign secret", { env: { A: { type: "secret_ref", secretId: "FOREIGN" } } }, "secret_foreign"],
    ["a passed-through database", { passThrough: ["DATABASE_URL"] }, "env_key_reserved"],
    ["an unknown adapter", { adapter: "nope" }, "adapter_invalid"],
    ["a shell line", { adapter: "process", config: { command: "rm -rf /" } }, "adapter_invalid"],
  ])("with %s are refused, and nothing is saved", async (_, given, code) => {
    const input = JSON.parse(JSON.stringify(given).replace("FOREIGN", foreignId)) as { env?: EnvInput };
    const name = `Bad ${code}`;
    const kept = await createAgent(orm(), "acme", { name: randomUUID(), adapter: "claude", env: token });
    const before = await world.rowCounts();
    await expect(createAgent(orm(), "acme", { name, adapter: "claude", ...input })).rejects.toMatchObject({ code });
    await expect(updateAgent(orm(), "acme", kept.id, { name, ...input })).rejects.toMatchObject({ code });
    expect(await world.rowCounts()).toEqual(before);
    expect(await findAgent(orm(), world.acme.id, kept.id)).toEqual(kept);
    expect(await bindingsOf(kept.id)).toEqual([`env.GH_TOKEN ${tokenId} latest`]);
  });

  test("take another adapter with its own configuration", async () => {
    const { id } = await createAgent(orm(), "acme", { name: "Mover", adapter: "process", config });
    expect(await updateAgent(orm(), "acme", id, { adapter: "codex" })).toMatchObject({
      adapter: "codex",
      adapterConfig: {},
    });
    await expect(updateAgent(orm(), "acme", id, { adapter: "process" })).rejects.toMatchObject({
      code: "adapter_invalid",
    });
    expect(await updateAgent(orm(), "acme", id, { status: "paused", config: { model: "m" } })).toMatchObject({
      status: "paused",
      adapter: "codex",
      adapterConfig: { model: "m" },
    });
  });

  test("record what was changed by name, and nothing where nothing was", async () => {
    const env = { CANARY: "canary-in-plain" };
    const agent = await createAgent(orm(), "acme", { name: "Recorded", adapter: "claude", env });
    await updateAgent(orm(), "acme", agent.id, { env: { CANARY: "canary-again" }, passThrough: ["SSH_AUTH_SOCK"] });
    const changed = await updateAgent(orm(), "acme", agent.id, { name: "Recorded", env: { CANARY: "canary-again" } });
    expect(changed.updatedAt > agent.updatedAt).toBe(true);
    const { rows } = await world.database.pool.query<{ action: string; details: object }>(
      "select action, details from activity_log where entity_id = $1 order by created_at",
      [agent.id],
    );
    expect(rows).toEqual([
      { action: "agent.created", details: { name: "Recorded", changed: ["name"] } },
      { action: "agent.updated", details: { name: "Recorded", changed: ["env", "passThrough"] } },
    ]);
  });

  test("announce a change once it is committed", async () => {
    const client = await world.database.pool.connect();
    const heard: string[] = [];
    client.on("notification", (message) => heard.push(message.payload ?? ""));
    await client.query(`listen ${CHANGE_CHANNEL}`);
    const agent = await createAgent(orm(), "acme", { name: "Heard", adapter: "claude" });
    await expect(createAgent(orm(), "acme", { name: "Heard", adapter: "claude" })).rejects.toBeDefined();
    await createAgent(orm(), "acme", { name: "Heard later", adapter: "claude" });
    await expect.poll(() => heard.length).toBe(2);
    expect(JSON.parse(heard[0] ?? "")).toEqual({ topic: "agents", companyId: world.acme.id, id: agent.id });
    await client.query(`unlisten ${CHANGE_CHANNEL}`);
    client.release();
  });

  test("are tested in the env of a run, with a PATH of their own where they set one", async () => {
    const base = async () => ({ PATH: "/nowhere" });
    const surroundings = { baseEnvironment: base, defaultCwd: "/" };
    const lost = await createAgent(orm(), "acme", { name: "Lost", adapter: "process", config });
    const found = await createAgent(orm(), "acme", {
      name: "Found",
      adapter: "process",
      config,
      env: { PATH: "/usr/bin:/bin" },
    });
    expect(await testAgent(orm(), "acme", lost.id, surroundings)).toMatchObject({ ok: false });
    expect(await testAgent(orm(), "acme", found.id, surroundings)).toMatchObject({ ok: true });
    await expect(testAgent(orm(), "acme", "nobody", surroundings)).rejects.toMatchObject({ code: "agent_missing" });
  });
});

describe("projects", () => {
  test("are created, changed and found, with bindings of their own", async () => {
    const project = await createProject(orm(), "acme", { name: "Site", description: "x", env: token });
    expect(await bindingsOf(project.id)).toEqual([`env.GH_TOKEN ${tokenId} latest`]);
    expect(await findProject(orm(), world.acme.id, "SITE")).toEqual(project);
    await expect(findProject(orm(), world.other.id, project.id)).rejects.toMatchObject({ code: "project_missing" });
    const changed = await updateProject(orm(), "acme", "site", { description: null, env: { A: "x" } });
    expect(changed).toMatchObject({ id: project.id, description: null, env: { A: { type: "plain", value: "x" } } });
    expect(await bindingsOf(project.id)).toEqual([]);
    expect(await listProjects(orm(), "acme")).toEqual([changed]);
    expect(await listProjects(orm(), "other")).toEqual([]);
  });

  test("refuse a taken name and a bad env, and nothing is saved", async () => {
    await createProject(orm(), "acme", { name: "One" });
    const before = await world.rowCounts();
    await expect(createProject(orm(), "acme", { name: "one" })).rejects.toMatchObject({ code: "name_taken" });
    await expect(
      createProject(orm(), "acme", { name: "Two", env: { A: { type: "secret_ref", secretId: foreignId } } }),
    ).rejects.toMatchObject({
      code: "secret_foreign",
      message: expect.stringContaining("project"),
    });
    await expect(createProject(orm(), "nope", { name: "Two" })).rejects.toMatchObject({ code: "company_missing" });
    expect(await world.rowCounts()).toEqual(before);
  });
});
