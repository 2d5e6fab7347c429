import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { previewSheets } from "../../../main/environment/preview-entries.ts";
import { buildSheets, type EnvironmentSheet, layersOf } from "../../../main/environment/sheet.ts";
import { Refusal } from "../../../main/contract/refusal.ts";
import { OPERATOR } from "../../../main/record/activity.ts";
import { blastOf } from "../../../main/routines/blast.ts";
import { changeStatus } from "../../../main/routines/definition.ts";
import { pauseAll, resumeAll } from "../../../main/routines/scheduler/pause.ts";
import { createTrigger } from "../../../main/routines/triggers.ts";
import { fileKeyPlace } from "../../../main/secrets/file-key-place.ts";
import { syncBindings } from "../../../main/secrets/references.ts";
import {
  createSecret,
  deleteSecret,
  rotateSecret,
  setSecretStatus,
  type StoreServices,
} from "../../../main/secrets/store.ts";
import { destroyVersion, disableVersion, rollbackSecret } from "../../../main/secrets/versions.ts";
import { openVault } from "../../../main/secrets/vault.ts";
import { type AffectedKey, blast as blastSchema, type SecretChange } from "../../../preload/contract/blast.ts";
import type { Env, PreviewEntry, VersionSelector } from "../../../preload/contract/environment.ts";
import { testDatabase, type TestDatabase } from "../../fixtures/database.ts";
import { pinnedSheet } from "../../fixtures/pinned-sheet.ts";
import { aCompany, anAgent, aProject, clock, NOW, refusalOf } from "./fixtures.ts";

let database: TestDatabase;
let directory: string;
let store: StoreServices;
beforeAll(async () => {
  database = await testDatabase();
  directory = await mkdtemp(path.join(os.tmpdir(), "pcd-blast-"));
  const keyFile = path.join(directory, "master.key");
  const place = fileKeyPlace({ keyFile, keyFileIsDefault: false, secretsDirectory: directory });
  const vault = await openVault({ database, place, clock });
  store = { executor: database.orm, vault, clock, actor: OPERATOR };
});
afterAll(async () => {
  await database.close();
  await rm(directory, { recursive: true });
});

type Company = Awaited<ReturnType<typeof aCompany>>;

async function aSecretOf({ companyId }: Company, key: string, versions = 1): Promise<string> {
  const { id } = await createSecret(store, { companyId, key, value: `${key} value 1` });
  for (let version = 2; version <= versions; version += 1) {
    await rotateSecret(store, { companyId, secret: id, value: `${key} value ${version}` });
  }
  return id;
}

const reference = (secretId: string, version: VersionSelector = "latest") => ({
  type: "secret_ref" as const,
  secretId,
  version,
});

async function agentWith({ companyId }: Company, env: Env): Promise<string> {
  const id = await anAgent(database, companyId, { env });
  await syncBindings(database.orm, { companyId, type: "agent", id }, env);
  return id;
}

async function projectWith({ companyId }: Company, env: Env): Promise<string> {
  const id = await aProject(database, companyId, env);
  await syncBindings(database.orm, { companyId, type: "project", id }, env);
  return id;
}

const look = async (company: Company, secret: string, change: SecretChange, version?: number) =>
  blastSchema.parse(
    await blastOf(database.orm, { companyId: company.companyId, secret, change, version, now: NOW, platform: "linux" }),
  );

const said = ({ key, layer, effect, code, reason, overriddenBy }: AffectedKey) =>
  [key, layer, effect, code ?? reason ?? "", overriddenBy ?? ""].join(" ").trim();

describe("the blast view", () => {
  test("tells per routine, key and layer what stops, what gets the new value, and what is not touched", async () => {
    const company = await aCompany(database);
    const secret = await aSecretOf(company, "gh-token", 2);
    const other = await aSecretOf(company, "other");
    const agent = await agentWith(company, { TOKEN: reference(secret), EXTRA: reference(secret, 1) });
    const project = await projectWith(company, { TOKEN: reference(other) });
    const a = await company.create({ title: "A through its agent", agent });
    const b = await company.create({ title: "B overridden", agent, project });
    const c = await company.create({ title: "C of its own", env: { MINE: reference(secret) } });
    await company.create({ title: "D does not use it", env: { X: reference(other) } });
    const note = { companyId: company.companyId, actor: OPERATOR, now: NOW };
    await changeStatus(database, { ...note, routineId: c, change: "pause" });

    const seen = await look(company, "gh-token", "disable");
    expect(seen).toMatchObject({
      secret: { id: secret, key: "gh-token", status: "active", latestVersion: 2 },
      change: "disable",
      version: null,
      counts: { routines: { stops: 3, getsNewValue: 0, unaffected: 0 } },
      firings: [],
      moreFirings: 0,
      idle: [],
    });
    expect(seen.routines.map(({ routineId, status, effect }) => [routineId, status, effect])).toEqual([
      [a, "active", "stops"],
      [b, "active", "stops"],
      [c, "paused", "stops"],
    ]);
    expect(seen.routines.map(({ keys }) => keys.map(said))).toEqual([
      ["EXTRA agent stops secret_inactive", "TOKEN agent stops secret_inactive"],
      ["EXTRA agent stops secret_inactive", "TOKEN agent unaffected overridden project"],
      ["MINE routine stops secret_inactive"],
    ]);

    const rotated = await look(company, secret, "rotate");
    expect(rotated.counts.routines).toEqual({ stops: 0, getsNewValue: 2, unaffected: 1 });
    expect(rotated.routines.map(({ title, keys }) => [title, ...keys.map(said)])).toEqual([
      ["A through its agent", "EXTRA agent unaffected pinned", "TOKEN agent gets_new_value"],
      ["C of its own", "MINE routine gets_new_value"],
      ["B overridden", "EXTRA agent unaffected pinned", "TOKEN agent unaffected overridden project"],
    ]);
    expect(rotated.routines[0]?.keys[1]).toMatchObject({ version: 2, nextVersion: 3, selector: "latest" });

    const old = await look(company, secret, "disable_version", 1);
    expect(old.routines.map(({ keys }) => keys.map(said))).toEqual([
      ["EXTRA agent stops version_inactive", "TOKEN agent unaffected same_version"],
      ["EXTRA agent stops version_inactive", "TOKEN agent unaffected overridden project"],
      ["MINE routine unaffected same_version"],
    ]);
    await setSecretStatus(store, { companyId: company.companyId, secret, status: "disabled" });
    const twice = await look(company, secret, "delete");
    expect(twice.counts.routines).toEqual({ stops: 0, getsNewValue: 0, unaffected: 3 });
    expect(twice.routines[0]?.keys.map(said)).toContain("TOKEN agent unaffected secret_inactive");
  });

  test("judges waiting runs by what they were pinned to, with their dates", async () => {
    const company = await aCompany(database);
    const secret = await aSecretOf(company, "gh-token");
    const routineId = await company.create({ title: "Was bound", env: { TOKEN: reference(secret) } });
    const queued = await company.fire(routineId);
    await company.update(routineId, { env: {}, concurrencyPolicy: "always_enqueue" });
    const without = await company.fire(routineId);
    await company.update(routineId, { env: { LATER: reference(secret) } });
    const retried = await company.fire(routineId);
    const at = "2026-03-08T08:00:00.000Z";
    await database.pool.query("update routine_runs set attempts = 1, not_before = $2 where id = $1", [retried, at]);
    const seen = await look(company, secret, "disable");
    expect(seen.firings).toMatchObject([
      { kind: "queued", at: null, runId: queued, routineId, effect: "stops", keys: [{ key: "TOKEN" }] },
      { kind: "retry", at, runId: retried, effect: "stops", keys: [{ key: "LATER", consumerName: "Was bound" }] },
    ]);
    expect(seen.firings.map(({ runId }) => runId)).not.toContain(without);
    expect(seen.counts.firings).toEqual({ stops: 2, getsNewValue: 0, unaffected: 0 });
    expect(seen.routines.map(({ keys }) => keys.map(({ key }) => key))).toEqual([["LATER"]]);
  });

  test("names the dated firings of each routine that feels it, and what else starts it", async () => {
    const company = await aCompany(database);
    const secret = await aSecretOf(company, "gh-token");
    const env = { TOKEN: reference(secret) };
    const note = { companyId: company.companyId, actor: OPERATOR, now: NOW };
    const dated = await company.create({ title: "A dated", env });
    const nightly = { kind: "schedule", expression: "30 2 * * *", zone: "America/New_York" } as const;
    await createTrigger(database, { ...note, routineId: dated, trigger: { ...nightly, label: "nightly" } });
    await createTrigger(database, {
      ...note,
      routineId: dated,
      trigger: { kind: "once", at: "2026-03-09T12:00:00.000Z", zone: "Europe/Berlin" },
    });
    await createTrigger(database, { ...note, routineId: dated, trigger: { ...nightly, enabled: false } });
    const hooked = await company.create({ title: "B hooked", env });
    await createTrigger(database, { ...note, routineId: hooked, trigger: { kind: "webhook", signingMode: "none" } });
    await company.create({ title: "C by hand", env });
    const paused = await company.create({ title: "D paused", env });
    await createTrigger(database, { ...note, routineId: paused, trigger: nightly });
    await changeStatus(database, { ...note, routineId: paused, change: "pause" });
    await company.create({ title: "E pinned", env: { TOKEN: reference(secret, 1) } });

    const seen = await look(company, secret, "rotate");
    const nothing = { next: [], undated: [], switchedOff: 0, standstill: null };
    expect(seen.routines.map(({ title, starts }) => [title, starts])).toMatchObject([
      [
        "A dated",
        {
          ...nothing,
          next: [
            { at: "2026-03-09T06:30:00.000Z", local: "2026-03-09 02:30", zone: "America/New_York", label: "nightly" },
            { at: "2026-03-09T12:00:00.000Z", local: "2026-03-09 13:00", zone: "Europe/Berlin" },
            { at: "2026-03-10T06:30:00.000Z", local: "2026-03-10 02:30" },
          ],
          switchedOff: 1,
        },
      ],
      ["B hooked", { ...nothing, undated: ["webhook"] }],
      ["C by hand", nothing],
      ["D paused", { ...nothing, standstill: "routine_paused" }],
      ["E pinned", null],
    ]);

    await pauseAll(database, OPERATOR, NOW);
    const atRest = await look(company, secret, "delete");
    await resumeAll(database, OPERATOR, NOW);
    expect(atRest.routines[0]?.starts).toMatchObject({ next: [], standstill: "all_paused" });
  });

  test("names bound agents and projects that no routine makes use of, and archived routines last", async () => {
    const company = await aCompany(database);
    const secret = await aSecretOf(company, "gh-token");
    const agent = await agentWith(company, { TOKEN: reference(secret) });
    const archived = await company.create({ title: "A put away", env: { TOKEN: reference(secret) } });
    const active = await company.create({ title: "B at work", env: { TOKEN: reference(secret) } });
    const note = { companyId: company.companyId, actor: OPERATOR, now: NOW };
    await changeStatus(database, { ...note, routineId: archived, change: "archive" });
    const seen = await look(company, secret, "delete");
    expect(seen.routines.map(({ routineId }) => routineId)).toEqual([active, archived]);
    expect(seen.counts.routines.stops).toBe(1);
    expect(seen.idle).toMatchObject([{ targetType: "agent", targetId: agent, configPath: "env.TOKEN" }]);
    expect(await look(company, await aSecretOf(company, "unused"), "delete")).toMatchObject({ routines: [], idle: [] });
  });

  test("is refused for what there is not, and for another company's", async () => {
    const [company, other] = [await aCompany(database), await aCompany(database)];
    const secret = await aSecretOf(company, "gh-token");
    const code = async (of: Company, reference: string, version?: number) =>
      (await refusalOf(look(of, reference, "disable_version", version))).code;
    expect(await code(company, "nothing", 1)).toBe("secret_missing");
    expect(await code(other, secret, 1)).toBe("secret_foreign");
    expect(await code(company, secret, 2)).toBe("version_missing");
    await deleteSecret(store, { companyId: company.companyId, secret });
    expect(await code(company, secret, 1)).toBe("secret_deleted");
  });

  test("asks no more of the database for a thousand routines than for one", async () => {
    const company = await aCompany(database);
    const secret = await aSecretOf(company, "shared");
    const agent = await agentWith(company, { TOKEN: reference(secret) });
    const routineId = await company.create({ title: "Routine", agent });
    await database.pool.query(
      `insert into routines (id, company_id, title, assignee_agent_id, latest_revision_id)
       select gen_random_uuid(), company_id, 'Routine ' || n, assignee_agent_id, latest_revision_id
       from routines, generate_series(1, 999) n where id = $1`,
      [routineId],
    );
    let statements = 0;
    const counting = new Proxy(database.orm, {
      get(orm, name, receiver) {
        if (name === "execute" || name === "select") statements += 1;
        const member: unknown = Reflect.get(orm, name, receiver);
        return typeof member === "function" ? member.bind(orm) : member;
      },
    });
    const seen = await blastOf(counting, { companyId: company.companyId, secret, change: "rotate", now: NOW });
    expect(seen.counts.routines.getsNewValue).toBe(1_000);
    expect(statements).toBe(2);
  });
});

// The oracle is the product itself: what previews of every routine and waiting run say before and after the change.

const graph = fc.record({
  versions: fc.integer({ min: 1, max: 3 }),
  revoked: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
  disabled: fc.boolean(),
  agents: fc.array(envShape(), { minLength: 1, maxLength: 3 }),
  projects: fc.array(envShape(), { minLength: 1, maxLength: 2 }),
  routines: fc.array(
    fc.record({
      agent: fc.nat(),
      project: fc.option(fc.nat()),
      env: envShape(),
      /** What its env is changed to after a run of the first one was queued. */
      later: fc.option(envShape()),
    }),
    { minLength: 1, maxLength: 5 },
  ),
  unbound: fc.boolean(),
  change: fc.constantFrom<SecretChange[]>(
    "disable",
    "archive",
    "delete",
    "rotate",
    "rollback",
    "disable_version",
    "destroy_version",
  ),
  version: fc.integer({ min: 1, max: 3 }),
});

function envShape() {
  const binding = fc.constantFrom("plain", "other", "latest", 1, 2, 3);
  return fc.dictionary(fc.constantFrom("A", "B", "C"), binding, { maxKeys: 3 });
}

type Shape = Record<string, string | number>;

async function carryOut(companyId: string, secret: string, change: SecretChange, version: number): Promise<void> {
  const one = { companyId, secret };
  switch (change) {
    case "disable":
      return void (await setSecretStatus(store, { ...one, status: "disabled" }));
    case "archive":
      return void (await setSecretStatus(store, { ...one, status: "archived" }));
    case "delete":
      return void (await deleteSecret(store, one));
    case "rotate":
      return void (await rotateSecret(store, { ...one, value: "a value of its own" }));
    case "rollback":
      return void (await rollbackSecret(store, { ...one, version }));
    case "disable_version":
      return void (await disableVersion(store, { ...one, version }));
    case "destroy_version":
      return void (await destroyVersion(store, { ...one, version }));
  }
}

/** What previews of one sheet before and after say about the keys that name the secret. */
function oracle(sheet: EnvironmentSheet, secret: string, before: PreviewEntry[], after: PreviewEntry[]): string[] {
  return layersOf(sheet)
    .flatMap(({ layer, env }) =>
      Object.entries(env).flatMap(([key, binding]) => {
        if (binding.type === "plain" || binding.secretId !== secret) return [];
        const now = before.find((entry) => entry.key === key);
        const then = after.find((entry) => entry.key === key);
        if (now?.layer !== layer) return [`${key} ${layer} unaffected overridden ${now?.layer}`];
        if (then?.problem) {
          return [`${key} ${layer} ${now.problem ? `unaffected ${now.problem}` : `stops ${then.problem}`}`];
        }
        if (now.version !== then?.version) return [`${key} ${layer} gets_new_value`];
        return [`${key} ${layer} unaffected ${now.selector === "latest" ? "same_version" : "pinned"}`];
      }),
    )
    .toSorted();
}

test("in any graph, the blast view says what the change then does", async () => {
  const company = await aCompany(database);
  const { companyId } = company;
  const other = await aSecretOf(company, "other");
  const options = { companyId, vaultReady: true, platform: "linux" as const };
  let count = 0;
  await fc.assert(
    fc.asyncProperty(graph, async (given) => {
      count += 1;
      const secret = await aSecretOf(company, `secret-${count}`, given.versions);
      const env = (shape: Shape): Env =>
        Object.fromEntries(
          Object.entries(shape).map(([key, kind]) => {
            if (kind === "plain") return [key, { type: "plain", value: "x" }];
            if (kind === "other") return [key, reference(other)];
            return [key, reference(secret, typeof kind === "number" ? Math.min(kind, given.versions) : "latest")];
          }),
        );
      const agents = await Promise.all(given.agents.map((shape) => agentWith(company, env(shape))));
      const projects = await Promise.all(given.projects.map((shape) => projectWith(company, env(shape))));
      const routines: string[] = [];
      const runs: string[] = [];
      for (const { agent, project, env: own, later } of given.routines) {
        const routineId = await company.create({
          agent: agents[agent % agents.length] ?? "",
          ...(project === null ? {} : { project: projects[project % projects.length] ?? null }),
          env: env(own),
        });
        routines.push(routineId);
        if (later === null) continue;
        runs.push(await company.fire(routineId));
        await company.update(routineId, { env: env(later) });
      }
      if (given.unbound) {
        await database.pool.query(
          "delete from company_secret_bindings where secret_id = $1 and target_id = $2 and config_path = 'env.A'",
          [secret, routines[0]],
        );
      }
      for (const version of given.revoked.filter((one) => one <= given.versions)) {
        await disableVersion(store, { companyId, secret, version });
      }
      if (given.disabled) await setSecretStatus(store, { companyId, secret, status: "disabled" });

      const rows = await Promise.all(routines.map((id) => company.routine(id)));
      const made = await buildSheets(
        database.orm,
        companyId,
        rows.map((row) => ({
          agentId: row.assigneeAgentId ?? "",
          projectId: row.projectId,
          routine: { id: row.id, revisionId: row.latestRevisionId, revisionNumber: 1, env: row.env },
        })),
      );
      const waiting = await Promise.all(runs.map((id) => company.run(id)));
      const pinned = await Promise.all(
        waiting.map(({ sheetId }) => pinnedSheet(database.orm, companyId, sheetId ?? "")),
      );
      const sheets = [...made, ...pinned].filter(
        (sheet): sheet is EnvironmentSheet => sheet !== null && !(sheet instanceof Refusal),
      );
      expect(sheets).toHaveLength(routines.length + runs.length);

      const version = Math.min(given.version, given.versions);
      const before = await previewSheets(database.orm, sheets, options);
      const seen = await look(company, secret, given.change, version);
      const refused = await carryOut(companyId, secret, given.change, version).then(
        () => false,
        (error: unknown) => error instanceof Refusal,
      );
      // A rollback that is refused (to the newest, to what is revoked) has nothing to be held against.
      if (refused && given.change === "rollback") return;
      const after = await previewSheets(database.orm, sheets, options);

      const expected = sheets.map((sheet, index) => oracle(sheet, secret, before[index] ?? [], after[index] ?? []));
      const ofRoutine = new Map(seen.routines.map(({ routineId, keys }) => [routineId, keys.map(said).toSorted()]));
      const ofRun = new Map(seen.firings.map(({ runId, keys }) => [runId, keys.map(said).toSorted()]));
      const lines = [...routines.map((id) => ofRoutine.get(id)), ...runs.map((id) => ofRun.get(id))];
      const kept = (told: readonly string[] | undefined, index: number) =>
        withoutUnbound(told, given.unbound && index === 0);
      expect(lines.map(kept)).toEqual(expected.map(kept));
    }),
    { numRuns: Number(process.env["BLAST_GRAPHS"] ?? 25), examples: [[UNBOUND_AND_DISABLED]] },
  );
}, 600_000);

/** What a preview says of a routine without its binding is that its secret is disabled; it is refused for both. */
const UNBOUND_AND_DISABLED = {
  versions: 1,
  revoked: [],
  disabled: true,
  agents: [{}],
  projects: [{}],
  routines: [{ agent: 0, project: null, env: { A: 1 }, later: null }],
  unbound: true,
  change: "disable" as const,
  version: 1,
};

/** A routine that is bound nowhere is not looked for: it is refused whatever becomes of the secret. */
function withoutUnbound(lines: readonly string[] | undefined, lostBinding: boolean): string[] {
  const kept = lines ?? [];
  const isRefused = (line: string) =>
    line.includes("binding_missing") || line.includes("overridden") || (lostBinding && line.includes(" unaffected "));
  return kept.every(isRefused) ? [] : [...kept];
}
