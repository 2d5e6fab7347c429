import { randomUUID } from "node:crypto";
import { rename } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { EnvInput } from "../../../preload/contract/environment.ts";
import { normaliseEnv } from "../../../main/environment/env-input.ts";
import { previewFailure } from "../../../main/environment/failures.ts";
import { sheetHash } from "../../../main/environment/hash.ts";
import { previewEntries } from "../../../main/environment/preview-entries.ts";
import { resolveEnvironment, type RunIdentity, runtimeNames } from "../../../main/environment/resolve.ts";
import { buildSheet, type EnvironmentSheet } from "../../../main/environment/sheet.ts";
import { syncBindings } from "../../../main/secrets/references.ts";
import { deleteSecret, rotateSecret, setSecretStatus } from "../../../main/secrets/store.ts";
import { createAgent, updateAgent } from "../../../main/work/agents.ts";
import { createProject } from "../../../main/work/projects.ts";
import { type WorkWorld, workWorld } from "../../fixtures/work-world.ts";
import { pinSheet } from "../../fixtures/pinned-sheet.ts";

let world: WorkWorld;
beforeAll(async () => {
  world = await workWorld();
});
afterAll(() => world.close());

const BASE = { PATH: "/bin", HOME: "/home/o", GH_TOKEN: "from-the-base" };
const launch = { argv: ["true"], cwd: "/" };
const ref = (secret: string, version?: number): EnvInput[string] => ({
  type: "secret_ref",
  secret,
  ...(version === undefined ? {} : { version }),
});

interface Pinned {
  sheet: EnvironmentSheet;
  identity: RunIdentity;
}

/** An agent, a project and a routine with these envs, pinned. The routine is its bindings and nothing more. */
async function pinned(layers: { agent?: EnvInput; project?: EnvInput; routine?: EnvInput }): Promise<Pinned> {
  const orm = world.database.orm;
  const companyId = world.acme.id;
  const agent = await createAgent(orm, "acme", { name: randomUUID(), adapter: "claude", env: layers.agent });
  const project = layers.project ? await createProject(orm, "acme", { name: randomUUID(), env: layers.project }) : null;
  const routineId = randomUUID();
  const env = await normaliseEnv(orm, companyId, "routine", layers.routine ?? {}, { strict: false, before: {} });
  await syncBindings(orm, { companyId, type: "routine", id: routineId }, env);
  const projectId = project?.id ?? null;
  const routine = { id: routineId, revisionId: randomUUID(), revisionNumber: 1, env };
  const sheet = await buildSheet(orm, { companyId, agentId: agent.id, projectId, routine });
  const { id: sheetId } = await pinSheet(orm, companyId, sheet);
  const identity: RunIdentity = {
    companyId,
    runId: randomUUID(),
    heartbeatRunId: randomUUID(),
    routineId,
    agentId: agent.id,
    projectId,
    sheetId,
    trigger: "manual",
    payloadFile: null,
  };
  return { sheet, identity };
}

const resolve = ({ sheet, identity }: Pinned, base: Record<string, string> = BASE) =>
  resolveEnvironment(world.database, world.vault, sheet, identity, base, "linux");
const preview = ({ sheet }: Pinned) => previewEntries(world.database, world.vault, world.acme.id, sheet, "linux");

async function eventsOf(runId: string) {
  const { rows } = await world.database.pool.query<{ event: string }>(
    `select concat_ws(' ', layer, consumer_type, consumer_id, config_path, secret_key, version, outcome, error_code) as event
     from secret_access_events where routine_run_id = $1 order by sequence`,
    [runId],
  );
  return rows.map((row) => row.event);
}

async function stateOf(key: string, status: "active" | "disabled" | "archived") {
  await setSecretStatus(world.services, { companyId: world.acme.id, secret: key, status });
}

describe("the env of a run", () => {
  test("agent, project and routine set one key: the routine's secret arrives, and only it is read", async () => {
    for (const layer of ["agent", "project", "routine"])
      await world.secret(world.acme, `gh-${layer}`, `value-${layer}`);
    const run = await pinned({
      agent: { GH_TOKEN: ref("gh-agent"), A: "plain-agent", PAPERCLIP_EXTRA: "delivered" },
      project: { GH_TOKEN: ref("gh-project"), P: ref("gh-project") },
      routine: { GH_TOKEN: ref("gh-routine"), EMPTY: "" },
    });
    const result = await resolve(run);
    if (!result.ok) throw new Error(result.failure.message);
    expect(result.env).toEqual({
      PATH: "/bin",
      HOME: "/home/o",
      A: "plain-agent",
      EMPTY: "",
      GH_TOKEN: "value-routine",
      P: "value-project",
      PAPERCLIP_EXTRA: "delivered",
      PAPERCLIP_COMPANY_ID: world.acme.id,
      PAPERCLIP_AGENT_ID: run.identity.agentId,
      PAPERCLIP_PROJECT_ID: run.identity.projectId,
      PAPERCLIP_ROUTINE_ID: run.identity.routineId,
      PAPERCLIP_RUN_ID: run.identity.runId,
      PAPERCLIP_TRIGGER: "manual",
    });
    expect(result.secretValues.toSorted()).toEqual(["value-project", "value-routine"]);
    expect(result.resolvedVersions.map(({ key, version }) => [key, version])).toEqual([
      ["GH_TOKEN", 1],
      ["P", 1],
    ]);
    expect(result.manifest.find(({ key }) => key === "GH_TOKEN")).toEqual({
      key: "GH_TOKEN",
      layer: "routine",
      source: "secret",
      secretId: expect.any(String),
      secretKey: "gh-routine",
      version: 1,
      provider: "local_encrypted",
      outcome: "success",
      overrides: ["agent", "project"],
    });
    expect(JSON.stringify(result.manifest)).not.toMatch(/value-|plain-agent|delivered/);
    const delivered = Object.keys(result.env).filter((key) => !(key in BASE) || key === "GH_TOKEN");
    expect(result.manifest.map(({ key }) => key).toSorted()).toEqual(delivered.toSorted());
    expect(runtimeNames({ projectId: "p", withFile: false })).toEqual(
      result.manifest.filter(({ layer }) => layer === "runtime").map(({ key }) => key),
    );
    expect(await eventsOf(run.identity.runId)).toEqual([
      `routine routine ${run.identity.routineId} env.GH_TOKEN gh-routine 1 success`,
      `project project ${run.identity.projectId} env.P gh-project 1 success`,
    ]);
  });

  test("a dead reference below a winner stops nothing", async () => {
    await world.secret(world.acme, "dead-below", "value-dead");
    const run = await pinned({ agent: { X: ref("dead-below") }, routine: { X: "wins" } });
    await deleteSecret(world.services, { companyId: world.acme.id, secret: "dead-below" });
    expect(await resolve(run)).toMatchObject({ ok: true, env: { X: "wins" } });
    expect(await eventsOf(run.identity.runId)).toEqual([]);
  });

  test("later edits do not reach a pinned run, and a rotation does", async () => {
    await world.secret(world.acme, "rotated", "value-first");
    await world.secret(world.acme, "pinned-version", "value-one");
    const run = await pinned({ agent: { R: ref("rotated"), V: ref("pinned-version", 1), E: "before" } });
    await updateAgent(world.database.orm, "acme", run.identity.agentId, { env: { E: "after" } });
    for (const secret of ["rotated", "pinned-version"]) {
      await rotateSecret(world.services, { companyId: world.acme.id, secret, value: "value-second" });
    }
    const result = await resolve(run);
    expect(result).toMatchObject({ ok: true, env: { R: "value-second", V: "value-one", E: "before" } });
    expect(result.manifest.filter(({ source }) => source === "secret").map(({ version }) => version)).toEqual([2, 1]);
  });

  test("a missing reference stops the run with layer, key, secret and the way out, and never as an empty string", async () => {
    await world.secret(world.acme, "gh-token", "value-of-token");
    await world.secret(world.acme, "fine", "value-of-fine");
    const run = await pinned({ agent: { A: ref("fine") }, routine: { GH_TOKEN: ref("gh-token"), Z: ref("gh-token") } });
    await stateOf("gh-token", "disabled");
    const result = await resolve(run);
    expect(result).toMatchObject({
      ok: false,
      failure: {
        code: "secret_inactive",
        message: 'GH_TOKEN (routine): secret "gh-token" is disabled.',
        next: "Enable the secret: `paperclip-desktop secrets enable gh-token`",
        layer: "routine",
        key: "GH_TOKEN",
        secretKey: "gh-token",
      },
    });
    expect(result).not.toHaveProperty("env");
    expect(result.manifest.map(({ key, outcome }) => `${key} ${outcome}`).slice(0, 3)).toEqual([
      "A success",
      "GH_TOKEN failure",
      "Z failure",
    ]);
    expect(await eventsOf(run.identity.runId)).toHaveLength(3);
    await stateOf("gh-token", "archived");
    const again = await resolve(run);
    expect(again).toMatchObject({ failure: { message: expect.stringContaining("is archived") } });
    await stateOf("gh-token", "active");
    expect(await resolve(run)).toMatchObject({ ok: true });
  });

  test("one that is too large for the system is refused before the start", async () => {
    const values = Array.from({ length: 30 }, (_, index) => [`K${index}`, "x".repeat(64 * 1024)]);
    const run = await pinned({ agent: Object.fromEntries(values) });
    expect(await resolve(run)).toMatchObject({ ok: false, failure: { code: "env_too_large", key: null } });
    const other = await pinned({});
    expect(await resolve(other, { BIG: "x".repeat(200_000) })).toMatchObject({
      failure: { code: "env_too_large", key: "BIG", layer: null },
    });
  });

  test("the runtime's names stand over what the base has, and on Windows whatever the case", async () => {
    const run = await pinned({ routine: { path: "C:\\mine" } });
    const base = { Path: "C:\\bin", Paperclip_Run_Id: "outer" };
    const result = await resolveEnvironment(world.database, world.vault, run.sheet, run.identity, base, "win32");
    if (!result.ok) throw new Error(result.failure.message);
    expect(Object.keys(result.env).filter((key) => key.toUpperCase() === "PATH")).toEqual(["path"]);
    expect(Object.keys(result.env)).not.toContain("Paperclip_Run_Id");
    expect(result.env["PAPERCLIP_RUN_ID"]).toBe(run.identity.runId);
  });
});

describe("a preview", () => {
  test("says what the run will say, whatever became of the secret, and has the hash of the run", async () => {
    const kinds = ["fine", "disabled", "archived", "deleted", "unbound", "rotated", "revoked", "gone"];
    const run = await (async () => {
      for (const kind of kinds) await world.secret(world.acme, `p-${kind}`, `value-${kind}`);
      const env = Object.fromEntries(kinds.map((kind) => [`K_${kind}`, ref(`p-${kind}`)]));
      return pinned({ agent: { ...env, OVER: "a" }, project: { OVER: ref("p-fine") }, routine: { OVER: "r" } });
    })();
    const companyId = world.acme.id;
    await stateOf("p-disabled", "disabled");
    await stateOf("p-archived", "archived");
    await deleteSecret(world.services, { companyId, secret: "p-deleted" });
    await rotateSecret(world.services, { companyId, secret: "p-rotated", value: "value-again" });
    const idOf = async (key: string) =>
      (await world.database.pool.query<{ id: string }>("select id from company_secrets where key = $1", [key])).rows[0]
        ?.id;
    await world.database.pool.query("update company_secret_versions set status = 'disabled' where secret_id = $1", [
      await idOf("p-revoked"),
    ]);
    await world.database.pool.query("delete from company_secrets where key = 'p-gone'");
    const foreign = await world.secret(world.other, "theirs", "value-theirs");
    const unbound = {
      ...run.sheet,
      bindings: run.sheet.bindings.filter(({ configPath }) => configPath !== "env.K_unbound"),
    };
    const odd: EnvironmentSheet = {
      ...unbound,
      routine: {
        ...unbound.routine,
        env: {
          ...unbound.routine.env,
          K_foreign: { type: "secret_ref", secretId: foreign, version: "latest" },
          K_never: { type: "secret_ref", secretId: randomUUID(), version: "latest" },
          K_old: { type: "secret_ref", secretId: (await idOf("p-fine")) ?? "", version: 7 },
        },
      },
      bindings: [
        ...unbound.bindings,
        {
          targetType: "routine",
          targetId: unbound.routine.id,
          configPath: "env.K_old",
          secretId: (await idOf("p-fine")) ?? "",
          selector: "7",
        },
      ],
    };
    const { id: sheetId } = await pinSheet(world.database.orm, companyId, odd);
    const oddRun = { sheet: odd, identity: { ...run.identity, sheetId } };

    const before = await eventsOf(run.identity.runId);
    const entries = await preview(oddRun);
    expect(await eventsOf(run.identity.runId)).toEqual(before);
    expect(Object.fromEntries(entries.map(({ key, problem }) => [key, problem]))).toEqual({
      K_fine: null,
      K_disabled: "secret_inactive",
      K_archived: "secret_inactive",
      K_deleted: "secret_deleted",
      K_unbound: "binding_missing",
      K_rotated: null,
      K_revoked: "version_inactive",
      K_gone: "secret_missing",
      K_foreign: "secret_foreign",
      K_never: "secret_missing",
      K_old: "version_missing",
      OVER: null,
    });
    const result = await resolve(oddRun);
    const codes = await world.database.pool.query<{ path: string; code: string | null }>(
      "select config_path as path, error_code as code from secret_access_events where routine_run_id = $1",
      [run.identity.runId],
    );
    const ofPreview = entries
      .filter(({ source }) => source === "secret")
      .map(({ key, problem }) => [`env.${key}`, problem]);
    expect(Object.fromEntries(codes.rows.map(({ path, code }) => [path, code]))).toEqual(Object.fromEntries(ofPreview));
    expect(sheetHash(entries, launch)).toBe(sheetHash(result.manifest, launch));
    const first = entries.flatMap((entry) => previewFailure(entry) ?? [])[0];
    expect(result.ok ? null : result.failure).toEqual(first);
    expect(entries.find(({ key }) => key === "K_rotated")).toMatchObject({ version: 2, selector: "latest" });
    expect(entries.find(({ key }) => key === "K_foreign")).toMatchObject({ secretKey: null, secretStatus: null });
  });

  test("says of a locked vault what the run will say", async () => {
    await world.secret(world.acme, "behind-lock", "value-behind");
    const run = await pinned({ agent: { A: ref("behind-lock"), B: "plain" } });
    await rename(world.keyFile, `${world.keyFile}.away`);
    await world.vault.reload();
    const [entries, result] = [await preview(run), await resolve(run)];
    await rename(`${world.keyFile}.away`, world.keyFile);
    expect(entries.map(({ key, problem }) => [key, problem])).toEqual([
      ["A", "vault_locked"],
      ["B", null],
    ]);
    expect(result).toMatchObject({ ok: false, failure: { code: "vault_locked", secretKey: "behind-lock" } });
    expect(sheetHash(entries, launch)).toBe(sheetHash(result.manifest, launch));
    expect(await preview(run)).toMatchObject([{ problem: null }, { problem: null }]);
  });

  test("has the hash of the run for 40 configurations on a real vault", async () => {
    const keys = ["S0", "S1", "S2"];
    for (const key of keys) await world.secret(world.acme, `mix-${key}`, `value-${key}`);
    const pick = (round: number, layer: number): EnvInput =>
      Object.fromEntries(
        keys.flatMap((key, index): [string, EnvInput[string]][] => {
          const choice = (round * 7 + layer * 5 + index * 3) % 4;
          if (choice === 0) return [];
          return [[key, choice === 1 ? `plain-${layer}` : ref(`mix-S${(choice + index) % 3}`)]];
        }),
      );
    for (let round = 0; round < 40; round += 1) {
      const run = await pinned({ agent: pick(round, 0), project: pick(round, 1), routine: pick(round, 2) });
      const entries = await preview(run);
      const result = await resolve(run);
      if (!result.ok) throw new Error(result.failure.message);
      expect(sheetHash(entries, launch)).toBe(sheetHash(result.manifest, launch));
      const delivered = Object.keys(result.env).filter((key) => key in BASE === false && !key.startsWith("PAPERCLIP_"));
      expect(delivered.toSorted()).toEqual(entries.map(({ key }) => key));
    }
  });
});

describe("a sheet", () => {
  test("holds agent, project and live bindings of all layers, and no value of a secret", async () => {
    await world.secret(world.acme, "sheet-token", "canary-value");
    const { sheet, identity } = await pinned({
      agent: { A: ref("sheet-token") },
      project: { P: ref("sheet-token", 1) },
      routine: { R: ref("sheet-token") },
    });
    expect(sheet).toMatchObject({
      agent: { id: identity.agentId, adapter: "claude", adapterConfig: {}, passThrough: [] },
      project: { id: identity.projectId },
    });
    expect(
      sheet.bindings.map(({ targetType, targetId, configPath, selector }) => [
        targetType,
        targetId,
        configPath,
        selector,
      ]),
    ).toEqual([
      ["agent", identity.agentId, "env.A", "latest"],
      ["project", identity.projectId, "env.P", "1"],
      ["routine", identity.routineId, "env.R", "latest"],
    ]);
    expect(JSON.stringify(sheet)).not.toContain("canary-value");
  });

  test("refuses an agent or project that the company does not have", async () => {
    const { sheet, identity } = await pinned({ project: {} });
    const input = { companyId: world.acme.id, agentId: identity.agentId, projectId: null, routine: sheet.routine };
    const build = (changes: object) => buildSheet(world.database.orm, { ...input, ...changes });
    await expect(build({ agentId: randomUUID() })).rejects.toMatchObject({ code: "agent_missing" });
    await expect(build({ projectId: randomUUID() })).rejects.toMatchObject({ code: "project_missing" });
    await expect(build({ companyId: world.other.id })).rejects.toMatchObject({ code: "agent_missing" });
    expect(await build({})).toMatchObject({ project: null });
  });
});
