import type pg from "pg";
import type { AuditEvent, AuditHeadsFile, AuditResult, AuditVerdict } from "../../preload/contract/audit.ts";
import { announce } from "../database/changes.ts";
import type { Database } from "../database/database.ts";
import { isReadOnlyFailure } from "../database/read-only.ts";
import type { Clock } from "../instance/clock.ts";
import type { Log } from "../instance/log.ts";
import { OPERATOR, recordActivity } from "../record/activity.ts";
import { checkChain, type ChainVerdict, type KnownHead } from "./audit-chain.ts";
import { chainIdOf } from "./audit-event.ts";
import type { AuditHeads, HeadsReading } from "./audit-heads.ts";
import { companiesWithEvents, readEvents, readHeads, START } from "./audit-rows.ts";
import type { AuditSealer } from "./audit-sealer.ts";
import type { Vault } from "./vault.ts";

/** Events in memory at a time. */
const PAGE = 2_000;
/** Events between two reports of progress. */
const PROGRESS_EVERY = 20_000;

export interface VerifyServices {
  readonly database: Database;
  readonly vault: Pick<Vault, "state" | "auditKey" | "reload">;
  readonly heads: AuditHeads;
  readonly sealer: Pick<AuditSealer, "sealAll">;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Checks the access events of one company, or of all (null) that have any, against their seals, the head in the database and
 * the head that this instance keeps. Reports progress, then the result. What was written before is sealed first. Reads one
 * snapshot in pages, so that memory does not grow with the events. Refuses with `vault_locked`.
 *
 * A chain that holds is entered into the file of the instance, and each verification into the activity of its company.
 */
export async function* verifyAudit(
  services: VerifyServices,
  companyId: string | null,
): AsyncGenerator<AuditEvent, void, undefined> {
  const { database, vault, heads, sealer, clock, log } = services;
  if (vault.state() !== "ready") await vault.reload();
  // Without a key there never was a seal.
  const key = vault.state() === "uninitialized" ? null : vault.auditKey();
  const chainId = key === null ? null : chainIdOf(key);
  await sealer.sealAll();
  // Before the snapshot: the file is written after what it tells of, so it is never ahead of the database.
  const kept = await heads.read();
  const knownTo = (company: string) =>
    kept.state === "damaged" || chainId === null ? null : kept.knownTo(chainId, company);
  const companies: AuditVerdict[] = [];
  const further = new Map<string, KnownHead>();
  let unknown = 0;
  for await (const step of checkAll(database.pool, { companyId, key, kept, chainId, knownTo })) {
    if (step.type === "progress") {
      yield step;
      continue;
    }
    const { company, verdict } = step;
    const { sealOfSealedTo, ...said } = verdict;
    const broken = said.findings.length > 0;
    companies.push({ companyId: company.id, companyName: company.name, ...said, findings: [...said.findings], broken });
    if (said.sealedTo > 0 && knownTo(company.id) === null) unknown += 1;
    if (!broken && said.sealedTo > 0) further.set(company.id, { sequence: said.sealedTo, seal: sealOfSealedTo });
  }
  const file = await keep(
    kept,
    unknown,
    async () => {
      if (chainId !== null && further.size > 0) await heads.advance(chainId, further);
    },
    log,
  );
  const result: AuditResult = {
    at: clock.now().toISOString(),
    checked: companies.reduce((sum, { checked }) => sum + checked, 0),
    broken: companies.some(({ broken }) => broken),
    companies,
    file,
  };
  await record(database, result).catch((error: unknown) => {
    if (!isReadOnlyFailure(error)) log.warn({ error }, "a verification of access events could not be recorded");
  });
  yield { type: "result", result };
}

interface Checking {
  readonly companyId: string | null;
  readonly key: Buffer | null;
  readonly kept: HeadsReading;
  readonly chainId: string | null;
  readonly knownTo: (companyId: string) => KnownHead | null;
}

type Step =
  | { readonly type: "progress"; readonly checked: number; readonly total: number }
  | { readonly type: "company"; readonly company: { id: string; name: string | null }; readonly verdict: ChainVerdict };

async function* checkAll(pool: pg.Pool, checking: Checking): AsyncGenerator<Step, void, undefined> {
  const { key, kept, chainId, knownTo } = checking;
  const client = await pool.connect();
  let over = false;
  try {
    await client.query("begin isolation level repeatable read read only");
    const heads = await readHeads(client, checking.companyId);
    const inFile = kept.state === "damaged" || chainId === null ? [] : kept.companies(chainId);
    const ids = checking.companyId === null ? await companiesWithEvents(client) : [checking.companyId];
    const all = checking.companyId === null ? [...new Set([...ids, ...heads.keys(), ...inFile])] : ids;
    const names = await namesOf(client, all);
    const total = [...heads.values()].reduce((sum, { lastSequence }) => sum + lastSequence, 0);
    let checked = 0;
    let reported = 0;
    for (const id of all.toSorted((one, other) => (names.get(one) ?? one).localeCompare(names.get(other) ?? other))) {
      const chain = checkChain({ companyId: id, key, head: heads.get(id) ?? null, known: knownTo(id) });
      let from = START;
      for (;;) {
        const { rows, end } = await readEvents(client, { companyId: id, from, until: null, limit: PAGE });
        for (const row of rows) chain.take(row);
        from = end;
        checked += rows.length;
        if (checked - reported >= PROGRESS_EVERY) {
          reported = checked;
          yield { type: "progress", checked, total: Math.max(total, checked) };
        }
        if (rows.length < PAGE) break;
      }
      yield { type: "company", company: { id, name: names.get(id) ?? null }, verdict: chain.end() };
    }
    await client.query("commit");
    over = true;
  } finally {
    // Left before the end, the transaction is open still.
    client.release(!over);
  }
}

async function namesOf(client: pg.ClientBase, ids: readonly string[]): Promise<Map<string, string>> {
  const { rows } = await client.query<{ id: string; name: string }>(
    "select id, name from companies where id = any($1::uuid[])",
    [ids],
  );
  return new Map(rows.map(({ id, name }) => [id, name]));
}

/** Writes down what was found to hold, and says how the file of the instance fared. */
async function keep(
  kept: HeadsReading,
  unknown: number,
  write: () => Promise<void>,
  log: Log,
): Promise<AuditHeadsFile> {
  if (kept.state === "damaged") return { state: "damaged", message: kept.message, next: kept.next };
  const missing = "The file of this instance that says how far access events were sealed ";
  try {
    await write();
  } catch (error) {
    log.warn({ error }, "how far access events are sealed could not be kept");
    return {
      state: "missing",
      message: `${missing}could not be written.`,
      next: "Make room, or give this user the right to write there, and verify again.",
    };
  }
  if (unknown === 0) return { state: "ok", message: null, next: null };
  const known = kept.state === "missing" ? "was not there" : "did not know all of these chains";
  return {
    state: "missing",
    message: `${missing}${known}: whether the database was put back to an earlier state cannot be told this time. What holds is written down now.`,
    next: null,
  };
}

async function record(database: Database, result: AuditResult): Promise<void> {
  await database.orm.transaction(async (tx) => {
    for (const { companyId, companyName, checked, sealedTo, unsealed, findings, more } of result.companies) {
      // The activity of a company goes with it.
      if (companyName === null) continue;
      const [first] = findings;
      await recordActivity(tx, {
        companyId,
        actor: OPERATOR,
        action: "audit.verified",
        entityType: "audit",
        entityId: companyId,
        details: {
          events: checked,
          sealedTo,
          unsealed,
          findings: findings.length + more,
          ...(first ? { first: { kind: first.kind, sequence: first.sequence, until: first.until } } : {}),
        },
      });
      await announce(tx, { topic: "audit", companyId, id: null });
    }
  });
}
