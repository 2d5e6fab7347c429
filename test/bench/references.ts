import { randomUUID } from "node:crypto";
import type { Database } from "../../main/database/database.ts";
import { systemClock } from "../../main/instance/clock.ts";
import { OPERATOR } from "../../main/record/activity.ts";
import { syncBindings } from "../../main/secrets/references.ts";
import { type ReferenceRequest, resolveReferences } from "../../main/secrets/resolution.ts";
import { versionMaterial } from "../../main/secrets/sealing.ts";
import { createSecret } from "../../main/secrets/store.ts";
import type { Vault } from "../../main/secrets/vault.ts";
import type { BenchRow } from "./row.ts";
import { withVault } from "./vault.ts";

const REPETITIONS = 15;

/**
 * Resolves 50 and 500 references with their access events, decrypted and pinned by a sheet as in a run, on the product's
 * own server: against three selects and one insert per reference in one transaction, and against a commit of one row.
 * Medians, interleaved.
 */
export function referencesBench(): Promise<BenchRow[]> {
  return withVault(async ({ database, vault }) => [
    ...(await measure(database, vault, 50)),
    ...(await measure(database, vault, 500)),
  ]);
}

async function measure(database: Database, vault: Vault, count: number): Promise<BenchRow[]> {
  const scene = await prepare(database, vault, count);
  const [all, single, commit] = await interleaved([
    () => resolveAll(database, vault, scene),
    () => oneByOne(database, vault, scene),
    () => commitOneRow(database),
  ]);
  const row = (against: string, ratio: number, goal: string): BenchRow => ({
    what: `${count} references with events (${all.toFixed(2)} ms)`,
    against,
    ratio: `${ratio.toFixed(1)} x`,
    goal,
  });
  return [
    row("N+1 queries, so many times faster", single / all, ">= 6 x"),
    row("one bare commit, so many times the cost", all / commit, "<= 12 x"),
  ];
}

interface Scene {
  readonly companyId: string;
  readonly sheetId: string;
  readonly requests: ReferenceRequest[];
}

/** A company with so many secrets, an agent bound to all of them, and the sheet of a run of it. */
async function prepare(database: Database, vault: Vault, count: number): Promise<Scene> {
  const [companyId, agentId, sheetId] = [randomUUID(), randomUUID(), randomUUID()];
  await database.pool.query("insert into companies (id, name, issue_prefix) values ($1, $2, $3)", [
    companyId,
    `Bench ${companyId}`,
    companyId.slice(0, 13),
  ]);
  const store = { executor: database.orm, vault, clock: systemClock, actor: OPERATOR };
  const requests: ReferenceRequest[] = [];
  for (let index = 0; index < count; index += 1) {
    const secret = await createSecret(store, { companyId, key: `key-${index}`, value: `${index}-${"v".repeat(60)}` });
    requests.push({
      key: `KEY_${index}`,
      layer: "agent",
      consumerType: "agent",
      consumerId: agentId,
      configPath: `env.KEY_${index}`,
      secretId: secret.id,
      version: "latest",
    });
  }
  const env = Object.fromEntries(
    requests.map(({ key, secretId }) => [key, { type: "secret_ref", secretId, version: "latest" } as const]),
  );
  await syncBindings(database.orm, { companyId, type: "agent", id: agentId }, env);
  const bindings = requests.map(({ configPath, secretId }) => ({
    targetType: "agent",
    targetId: agentId,
    configPath,
    secretId,
    selector: "latest",
  }));
  await database.pool.query("insert into run_sheets (id, company_id, content_sha256, sheet) values ($1, $2, $3, $4)", [
    sheetId,
    companyId,
    sheetId,
    JSON.stringify({ bindings }),
  ]);
  await database.pool.query("vacuum analyze");
  return { companyId, sheetId, requests };
}

async function resolveAll(database: Database, vault: Vault, { companyId, sheetId, requests }: Scene): Promise<void> {
  const context = { companyId, actor: OPERATOR, runId: null, heartbeatRunId: null, sheetId };
  const answers = await resolveReferences(database, vault, context, requests);
  if (!answers.every((answer) => answer.ok)) throw new Error("a reference was refused");
}

/** The peer: what the same checks cost when each reference asks for itself. It shares one transaction, as we do. */
async function oneByOne(database: Database, vault: Vault, { companyId, requests }: Scene): Promise<void> {
  const client = await database.pool.connect();
  try {
    await client.query("begin");
    const head = await client.query<{ last: string }>(
      `insert into secret_access_heads as h (company_id, last_sequence) values ($1, $2)
       on conflict (company_id) do update set last_sequence = h.last_sequence + $2 returning last_sequence - $2 as last`,
      [companyId, requests.length],
    );
    let sequence = Number(head.rows[0]?.last);
    for (const request of requests) {
      const secret = await client.query<{ key: string; name: string; provider: string; latest_version: number }>(
        "select key, name, provider, latest_version from company_secrets where id = $1 and company_id = $2 and status = 'active'",
        [request.secretId, companyId],
      );
      const binding = await client.query(
        `select 1 from company_secret_bindings where company_id = $1 and target_type = $2 and target_id = $3
         and config_path = $4 and secret_id = $5`,
        [companyId, request.consumerType, request.consumerId, request.configPath, request.secretId],
      );
      const [found] = secret.rows;
      if (!found || binding.rowCount !== 1) throw new Error("a reference was refused");
      const version = await client.query<{ material: unknown }>(
        "select material from company_secret_versions where secret_id = $1 and version = $2 and status = 'current'",
        [request.secretId, found.latest_version],
      );
      sequence += 1;
      await client.query(
        `insert into secret_access_events (id, company_id, sequence, secret_id, secret_key, secret_name, version, provider,
           actor_type, actor_id, consumer_type, consumer_id, config_path, layer, outcome)
         values ($1, $2, $3, $4, $5, $6, $7, $8, 'user', 'bench', $9, $10, $11, $12, 'success')`,
        [
          randomUUID(),
          companyId,
          sequence,
          request.secretId,
          found.key,
          found.name,
          found.latest_version,
          found.provider,
          request.consumerType,
          request.consumerId,
          request.configPath,
          request.layer,
        ],
      );
      const address = { companyId, secretId: request.secretId, version: found.latest_version };
      vault.open(address, versionMaterial.parse(version.rows[0]?.material));
    }
    await client.query("commit");
  } finally {
    client.release();
  }
}

async function commitOneRow(database: Database): Promise<void> {
  await database.pool.query(
    "insert into owners (id, instance_id, instance_root, hostname, pid, kind) values ($1, 'bench', '/', 'bench', 1, 'command')",
    [randomUUID()],
  );
}

/** The median time of each piece of work, in milliseconds; they take turns, after one round that does not count. */
async function interleaved<const Works extends readonly (() => Promise<void>)[]>(
  works: Works,
): Promise<{ [Index in keyof Works]: number }> {
  const times = works.map((): number[] => []);
  for (let repetition = -1; repetition < REPETITIONS; repetition += 1) {
    for (const [index, work] of works.entries()) {
      const start = performance.now();
      await work();
      if (repetition >= 0) times[index]?.push(performance.now() - start);
    }
  }
  return times.map(median) as { [Index in keyof Works]: number };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
