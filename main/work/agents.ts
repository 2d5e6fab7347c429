import { randomUUID } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import type { EnvInput } from "../../preload/contract/environment.ts";
import type { AgentRecord, AgentTest } from "../../preload/contract/work.ts";
import { announce } from "../database/changes.ts";
import type { Executor } from "../database/database.ts";
import { agents, type Json } from "../database/schema/work.ts";
import { type BaseEnvironment, checkPassThrough } from "../environment/base.ts";
import { normaliseEnv } from "../environment/env-input.ts";
import { OPERATOR, recordActivity } from "../record/activity.ts";
import { syncBindings } from "../secrets/references.ts";
import { refuseCredentials } from "./adapters/plain-credentials.ts";
import { adapterOf } from "./adapters/registry.ts";
import { changedFields } from "./changed-fields.ts";
import { findAgent, findCompany } from "./lookup.ts";
import { agentRecordOf } from "./records.ts";
import { refusingTakenName } from "./unique.ts";

export interface AgentInput {
  readonly name: string;
  readonly adapter: string;
  readonly config?: { readonly [field: string]: Json } | undefined;
  readonly env?: EnvInput | undefined;
  readonly passThrough?: readonly string[] | undefined;
}

/** `config`, `env` and `passThrough` are replaced as a whole. */
export interface AgentChanges {
  readonly name?: string | undefined;
  readonly status?: "active" | "paused" | undefined;
  readonly adapter?: string | undefined;
  readonly config?: { readonly [field: string]: Json } | undefined;
  readonly env?: EnvInput | undefined;
  readonly passThrough?: readonly string[] | undefined;
}

export async function listAgents(executor: Executor, company: string | undefined): Promise<AgentRecord[]> {
  const { id } = await findCompany(executor, company);
  const rows = await executor
    .select()
    .from(agents)
    .where(eq(agents.companyId, id))
    .orderBy(sql`lower(${agents.name})`);
  return rows.map(agentRecordOf);
}

/**
 * Creates an agent with its bindings. Refuses with `name_taken`, `adapter_invalid`, or with what is wrong about its env
 * or pass-through list; `strict` refuses credentials in clear. Its program need not be there yet; `testAgent` tells.
 */
export async function createAgent(
  executor: Executor,
  company: string | undefined,
  input: AgentInput,
  strict = true,
): Promise<AgentRecord> {
  return refusingTakenName("agent", input.name, () =>
    executor.transaction(async (tx) => {
      const companyId = (await findCompany(tx, company)).id;
      const adapterConfig = checkedConfig(input.adapter, input.config ?? {}, { strict, before: null });
      const passThrough = checkPassThrough(input.passThrough ?? []);
      const env = await normaliseEnv(tx, companyId, "agent", input.env ?? {}, { strict, before: {} });
      const { name, adapter } = input;
      const values = { id: randomUUID(), companyId, name, adapter, adapterConfig, env, passThrough };
      const [row] = await tx.insert(agents).values(values).returning();
      if (!row) throw new Error("an agent was inserted without a row");
      await syncBindings(tx, { companyId, type: "agent", id: row.id }, env);
      await record(tx, row, "agent.created", ["name"]);
      return agentRecordOf(row);
    }),
  );
}

/**
 * Changes what is given and leaves the rest. Bindings follow the env in the same transaction. Another adapter starts from
 * its own default configuration unless one is given.
 */
export async function updateAgent(
  executor: Executor,
  company: string | undefined,
  reference: string,
  changes: AgentChanges,
  strict = true,
): Promise<AgentRecord> {
  return refusingTakenName("agent", changes.name, () =>
    executor.transaction(async (tx) => {
      const companyId = (await findCompany(tx, company)).id;
      const { id } = await findAgent(tx, companyId, reference);
      const [before] = await tx.select().from(agents).where(eq(agents.id, id)).for("update");
      if (!before) throw new Error("an agent vanished while it was changed");
      const rule = { strict, before: before.env };
      const env = changes.env ? await normaliseEnv(tx, companyId, "agent", changes.env, rule) : before.env;
      const wanted = {
        name: changes.name ?? before.name,
        status: changes.status ?? before.status,
        ...launchFields(before, changes, strict),
        env,
        passThrough: changes.passThrough ? checkPassThrough(changes.passThrough) : before.passThrough,
      };
      if (changes.env) await syncBindings(tx, { companyId, type: "agent", id }, env);
      const changed = changedFields(before, wanted);
      if (changed.length === 0) return agentRecordOf(before);
      const [row] = await tx
        .update(agents)
        .set({ ...wanted, updatedAt: sql`now()` })
        .where(eq(agents.id, id))
        .returning();
      if (!row) throw new Error("an agent vanished while it was changed");
      await record(tx, row, "agent.updated", changed);
      return agentRecordOf(row);
    }),
  );
}

function launchFields(before: typeof agents.$inferSelect, changes: AgentChanges, strict: boolean) {
  const adapter = changes.adapter ?? before.adapter;
  const isSame = adapter === before.adapter;
  if (isSame && changes.config === undefined) return {};
  const rule = { strict, before: isSame ? before.adapterConfig : null };
  return { adapter, adapterConfig: checkedConfig(adapter, changes.config ?? {}, rule) };
}

function checkedConfig(
  adapterId: string,
  config: { readonly [field: string]: Json },
  rule: { readonly strict: boolean; readonly before: { readonly [field: string]: Json } | null },
) {
  const adapter = adapterOf(adapterId);
  const checked = adapter.checkConfig(config);
  if (rule.strict) refuseCredentials(adapter, checked, rule.before);
  return checked;
}

/**
 * The adapter's own check, in the env that a run would have without its secrets: the base, what the agent passes
 * through, and the plain values of its own layer.
 */
export async function testAgent(
  executor: Executor,
  company: string | undefined,
  reference: string,
  surroundings: { readonly baseEnvironment: BaseEnvironment; readonly defaultCwd: string },
): Promise<AgentTest> {
  const companyId = (await findCompany(executor, company)).id;
  const agent = await findAgent(executor, companyId, reference);
  const base = await surroundings.baseEnvironment(agent.passThrough);
  const plain = Object.entries(agent.env).flatMap(([key, binding]) =>
    binding.type === "plain" ? [[key, binding.value] as const] : [],
  );
  return adapterOf(agent.adapter).test(agent.adapterConfig, {
    env: { ...base, ...Object.fromEntries(plain) },
    secretNames: Object.entries(agent.env).flatMap(([key, { type }]) => (type === "plain" ? [] : [key])),
    cwd: surroundings.defaultCwd,
  });
}

async function record(
  executor: Executor,
  row: typeof agents.$inferSelect,
  action: string,
  changed: string[],
): Promise<void> {
  await recordActivity(executor, {
    companyId: row.companyId,
    actor: OPERATOR,
    action,
    entityType: "agent",
    entityId: row.id,
    details: { name: row.name, changed },
  });
  await announce(executor, { topic: "agents", companyId: row.companyId, id: row.id });
}
