import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { eq } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { asRefusal } from "../../../main/contract/refusal.ts";
import { routines } from "../../../main/database/schema/routines.ts";
import { routineRuns } from "../../../main/database/schema/runs.ts";
import { companySecretBindings, companySecretVersions } from "../../../main/database/schema/secrets.ts";
import { agents } from "../../../main/database/schema/work.ts";
import { systemClock } from "../../../main/instance/clock.ts";
import { routinesNeedingAttention } from "../../../main/routines/attention.ts";
import { previewRun } from "../../../main/routines/preview.ts";
import { fileKeyPlace } from "../../../main/secrets/file-key-place.ts";
import { openVault, type Vault } from "../../../main/secrets/vault.ts";
import type { Env, EnvBinding } from "../../../preload/contract/environment.ts";
import { attentionItem } from "../../../preload/contract/routines.ts";
import { type WorkWorld, workWorld } from "../../fixtures/work-world.ts";
import { aCompany, anAgent, aProject, aSecret, clock, NOW } from "./fixtures.ts";

let world: WorkWorld;
let lockedVault: Vault;
const elsewhere = path.join(os.tmpdir(), `pcd-attention-${randomUUID()}`);
beforeAll(async () => {
  world = await workWorld();
  lockedVault = await openVault({
    database: world.database,
    clock: systemClock,
    place: fileKeyPlace({
      secretsDirectory: elsewhere,
      keyFile: path.join(elsewhere, "master.key"),
      keyFileIsDefault: true,
    }),
  });
});
afterAll(async () => {
  await world.close();
  await rm(elsewhere, { recursive: true, force: true });
});

type Company = Awaited<ReturnType<typeof aCompany>>;

async function attention(company: Company, vault = world.vault) {
  const answer = await routinesNeedingAttention({ database: world.database, vault }, company.companyId);
  for (const item of answer.items) expect(attentionItem.parse(item)).toEqual(item);
  return answer;
}

/** Says directly what a run came to. */
const finishRun = async (
  runId: string,
  status: "succeeded" | "failed" | "timed_out" | "interrupted" | "cancelled" | "running",
  completedAt: Date | null = NOW,
) => {
  const failure =
    status === "failed"
      ? { code: "exit_code", message: "It ended with 7.", next: "See RUN_ID", layer: null, key: null, secretKey: null }
      : null;
  await world.database.orm.update(routineRuns).set({ status, failure, completedAt }).where(eq(routineRuns.id, runId));
};

describe("attention to failed runs", () => {
  const later = (seconds: number) => new Date(NOW.getTime() + seconds * 1_000);

  test("is asked for the newest run alone, and ends with the next success, attempt or cancel", async () => {
    const company = await aCompany(world.database);
    const routineId = await company.create({ title: "Nightly", concurrencyPolicy: "always_enqueue" });
    const kinds = async () => (await attention(company)).items.map(({ kind, runId }) => [kind, runId]);
    const first = await company.fire(routineId);
    expect(await kinds()).toEqual([]);
    await finishRun(first, "failed");
    expect((await attention(company)).items).toEqual([
      {
        kind: "last_run_failed",
        routineId,
        title: "Nightly",
        code: "exit_code",
        message: "It ended with 7.",
        next: `See ${first}`,
        runId: first,
        runStatus: "failed",
        secretId: null,
        secretKey: null,
        since: NOW.toISOString(),
      },
    ]);
    for (const status of ["timed_out", "interrupted"] as const) {
      await finishRun(first, status);
      expect(await kinds()).toEqual([["last_run_failed", first]]);
      expect((await attention(company)).items[0]?.runStatus).toBe(status);
    }
    // The same run tried again.
    await finishRun(first, "running", null);
    expect(await kinds()).toEqual([]);
    await finishRun(first, "failed");

    const second = await company.fire(routineId);
    await world.database.orm
      .update(routineRuns)
      .set({ triggeredAt: later(1) })
      .where(eq(routineRuns.id, second));
    expect(await kinds()).toEqual([]);
    for (const status of ["succeeded", "cancelled"] as const) {
      await finishRun(second, status, later(2));
      expect(await kinds()).toEqual([]);
    }
    await finishRun(second, "failed", later(2));
    expect(await kinds()).toEqual([["last_run_failed", second]]);
    await world.database.orm.update(routines).set({ status: "paused" }).where(eq(routines.id, routineId));
    expect(await kinds()).toEqual([]);
  });

  test("shows a hundred, newest first, and says how many there are besides", async () => {
    const company = await aCompany(world.database);
    const runs: string[] = [];
    for (let index = 0; index < 103; index += 1) {
      const runId = await company.fire(await company.create({ title: `Routine ${index % 7}` }));
      await finishRun(runId, "failed", later(index));
      runs.push(runId);
    }
    const { items, more } = await attention(company);
    expect(items.map(({ runId }) => runId)).toEqual(runs.toReversed().slice(0, 100));
    expect(more).toBe(3);
  });
});

/** What a secret is like when a run would read it. */
const secretKinds = [
  "good",
  "disabled",
  "archived",
  "deleted",
  "missing",
  "foreign",
  "without version",
  "revoked",
  "destroyed",
  "without material",
] as const;
type SecretKind = (typeof secretKinds)[number];

const reference = fc.record({
  kind: fc.constantFrom(...secretKinds),
  version: fc.constantFrom("latest" as const, 1, 2),
  bound: fc.boolean(),
});
const layerEnv = fc.dictionary(fc.constantFrom("A", "B", "C"), fc.oneof(reference, fc.constant("plain" as const)), {
  maxKeys: 3,
});
const worlds = fc.record({
  agents: fc.array(fc.record({ env: layerEnv, paused: fc.boolean() }), { minLength: 1, maxLength: 2 }),
  projects: fc.array(layerEnv, { minLength: 1, maxLength: 2 }),
  routines: fc.array(
    fc.record({
      env: layerEnv,
      agent: fc.option(fc.nat(1), { freq: 6 }),
      project: fc.option(fc.nat(1)),
      status: fc.constantFrom("active" as const, "active" as const, "paused" as const, "archived" as const),
    }),
    { minLength: 1, maxLength: 5 },
  ),
  locked: fc.boolean(),
});
type LayerEnv = Parameters<Parameters<typeof layerEnv.map>[0]>[0];

/** One secret of each kind, with two versions where it has any. */
async function secretsOf(company: Company): Promise<Record<SecretKind, string>> {
  const { orm } = world.database;
  const made = await Promise.all(
    secretKinds.map(async (kind) => {
      if (kind === "missing") return [kind, randomUUID()] as const;
      const owner = kind === "foreign" ? (await aCompany(world.database)).companyId : company.companyId;
      const status = kind === "disabled" || kind === "archived" || kind === "deleted" ? kind : "active";
      const secretId = await aSecret(world.database, owner, kind.replaceAll(" ", "-"), status);
      if (kind === "without version") return [kind, secretId] as const;
      await orm.insert(companySecretVersions).values(
        [1, 2].map((version): typeof companySecretVersions.$inferInsert => ({
          id: randomUUID(),
          companyId: owner,
          secretId,
          version,
          status: kind === "destroyed" ? "destroyed" : version === 1 ? "current" : "previous",
          material: kind === "without material" ? null : { canary: "not shown" },
          revokedAt: kind === "revoked" ? NOW : null,
        })),
      );
      return [kind, secretId] as const;
    }),
  );
  return Object.fromEntries(made) as Record<SecretKind, string>;
}

const envOf = (env: LayerEnv, secrets: Record<SecretKind, string>): Env =>
  Object.fromEntries(
    Object.entries(env).map(([key, binding]): [string, EnvBinding] => [
      key,
      binding === "plain"
        ? { type: "plain", value: "x" }
        : { type: "secret_ref", secretId: secrets[binding.kind], version: binding.version },
    ]),
  );

async function bind(
  company: Company,
  targetType: "agent" | "project" | "routine",
  targetId: string,
  env: LayerEnv,
  secrets: Record<SecretKind, string>,
): Promise<void> {
  const rows = Object.entries(env).flatMap(([key, binding]) =>
    binding === "plain" || !binding.bound || binding.kind === "missing"
      ? []
      : [
          {
            id: randomUUID(),
            companyId: company.companyId,
            secretId: secrets[binding.kind],
            targetType,
            targetId,
            configPath: `env.${key}`,
          },
        ],
  );
  if (rows.length > 0) await world.database.orm.insert(companySecretBindings).values(rows);
}

const REFERENCE_CODES = new Set([
  "secret_missing",
  "secret_foreign",
  "secret_deleted",
  "secret_inactive",
  "binding_missing",
  "version_missing",
  "version_inactive",
  "vault_locked",
  "provider_error",
]);

/** What the preview of one routine says about what attention is about. */
async function previewed(company: Company, routineId: string, vault: Vault): Promise<string[]> {
  const services = {
    database: world.database,
    clock,
    vault,
    baseEnvironment: async () => ({ PATH: "/usr/bin" }),
    defaultCwd: "/",
  };
  try {
    const { problems } = await previewRun(services, await company.routine(routineId), { variables: {} });
    return problems
      .filter(({ code }) => code === "agent_inactive" || REFERENCE_CODES.has(code))
      .map(
        ({ code, message, next }) =>
          `${code === "agent_inactive" ? "agent_paused" : "reference_broken"} ${message} ${next}`,
      );
  } catch (error) {
    if (asRefusal(error)?.code !== "routine_without_agent") throw error;
    return ["agent_missing The routine has no agent. Give the routine an agent, or name one for this run."];
  }
}

test("attention to what stops the next run says of every active routine what its preview says", async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(worlds, async (shape) => {
      const company = await aCompany(world.database);
      const secrets = await secretsOf(company);
      const agentIds: string[] = [];
      for (const { env, paused } of shape.agents) {
        const agentId = await anAgent(world.database, company.companyId, {
          env: envOf(env, secrets),
          status: paused ? "paused" : "active",
        });
        await bind(company, "agent", agentId, env, secrets);
        agentIds.push(agentId);
      }
      const projectIds: string[] = [];
      for (const env of shape.projects) {
        const projectId = await aProject(world.database, company.companyId, envOf(env, secrets));
        await bind(company, "project", projectId, env, secrets);
        projectIds.push(projectId);
      }
      const active: string[] = [];
      for (const { env, agent, project, status } of shape.routines) {
        const routineId = await company.create();
        await world.database.orm
          .update(routines)
          .set({
            status,
            env: envOf(env, secrets),
            assigneeAgentId: agent === null ? null : (agentIds[agent % agentIds.length] ?? null),
            projectId: project === null ? null : (projectIds[project % projectIds.length] ?? null),
          })
          .where(eq(routines.id, routineId));
        await bind(company, "routine", routineId, env, secrets);
        if (status === "active") active.push(routineId);
      }
      const vault = shape.locked ? lockedVault : world.vault;
      const { items, more } = await attention(company, vault);
      expect(more).toBe(0);
      expect(items.every(({ routineId }) => active.includes(routineId))).toBe(true);
      for (const routineId of active) {
        const said = items.filter((item) => item.routineId === routineId);
        expect(said.map(({ kind, message, next }) => `${kind} ${message} ${next}`)).toEqual(
          await previewed(company, routineId, vault),
        );
        for (const { kind, message } of said)
          seen.add(kind === "reference_broken" ? message.replace(/^.*: /, "") : kind);
      }
      expect(JSON.stringify(items)).not.toContain("canary");
    }),
    { numRuns: 40 },
  );
  // The worlds were worth looking at.
  expect(seen.size).toBeGreaterThan(8);
});

test("attention names the secret of a broken reference, and a foreign one by its id alone", async () => {
  const company = await aCompany(world.database);
  const secrets = await secretsOf(company);
  const routineId = await company.create({ title: "Refers" });
  const env: LayerEnv = {
    A: { kind: "disabled", version: "latest", bound: true },
    B: { kind: "foreign", version: "latest", bound: false },
  };
  await world.database.orm
    .update(routines)
    .set({ env: envOf(env, secrets) })
    .where(eq(routines.id, routineId));
  await bind(company, "routine", routineId, env, secrets);
  await world.database.orm.update(agents).set({ status: "paused" }).where(eq(agents.id, company.agentId));
  const { items } = await attention(company);
  expect(items.map(({ kind, code, secretId, secretKey }) => [kind, code, secretId, secretKey])).toEqual([
    ["agent_paused", "agent_inactive", null, null],
    ["reference_broken", "secret_inactive", secrets.disabled, "disabled"],
    ["reference_broken", "secret_foreign", secrets.foreign, null],
  ]);
});
