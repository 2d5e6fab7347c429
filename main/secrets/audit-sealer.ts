import type pg from "pg";
import { asRefusal } from "../contract/refusal.ts";
import type { Change } from "../../preload/contract/system.ts";
import { CHANGE_CHANNEL, type ChangeFeed } from "../database/changes.ts";
import type { Database } from "../database/database.ts";
import { statementFailure } from "../database/statement-failure.ts";
import type { Clock } from "../instance/clock.ts";
import type { Log } from "../instance/log.ts";
import type { ChainHead, KnownHead } from "./audit-chain.ts";
import { chainIdOf, sealOf } from "./audit-event.ts";
import type { AuditHeads } from "./audit-heads.ts";
import { after, readEvents, readHeads } from "./audit-rows.ts";
import type { Vault } from "./vault.ts";

/** Events that one transaction seals. */
const BATCH = 1_000;
/** Milliseconds in which what is written meanwhile is sealed together. */
const GATHER_MS = 200;

export interface SealerOptions {
  readonly database: Database;
  readonly vault: Pick<Vault, "state" | "auditKey" | "toSeal">;
  readonly feed: ChangeFeed;
  readonly clock: Clock;
  readonly log: Log;
  readonly heads: AuditHeads;
  /** Events that one transaction seals; 1,000 unless told otherwise. */
  readonly batch?: number;
}

/** Seals access events in the order of their numbers, after they were written. */
export interface AuditSealer {
  /** Seals all there is now, and ends when that is done or cannot be done at present. Never throws. */
  sealAll(): Promise<void>;
  /** Why events of a company are not sealed at present, in one sentence; null where nothing keeps them from it. */
  waiting(companyId: string): string | null;
  /** Seals what is left, where that can be done at once, and ends. */
  stop(): Promise<void>;
}

/**
 * Begins to seal: what earlier processes left first, then whatever is written, as it is told by `vault.toSeal`. It looks at
 * nothing while nobody tells it. Where the vault is locked, or the database away or read-only, events wait, and are sealed
 * when the vault is open, the database is back, or the next event was written.
 *
 * A chain that the instance knows to have reached further, or to have been another, is left as it is, so that what was done
 * to it stays to be seen.
 */
export function startAuditSealer(options: SealerOptions): AuditSealer {
  const { database, vault, feed, clock, log, heads, batch = BATCH } = options;
  const stopped = new Map<string, string>();
  let general: string | null = null;
  let failed = false;
  let closing = false;
  let running: Promise<void> | null = null;
  let again = false;
  let cancelGathering: (() => void) | null = null;

  /** One pass at a time; a wish for another one during it is heard. */
  function sealAll(): Promise<void> {
    again = true;
    running ??= passes().finally(() => {
      running = null;
    });
    return running;
  }

  async function passes(): Promise<void> {
    while (again) {
      again = false;
      try {
        await pass();
        failed = false;
      } catch (error) {
        if (!failed) log.warn({ error }, "access events could not be sealed and wait");
        failed = true;
        general =
          (asRefusal(error) ?? statementFailure(error))?.message ?? "They could not be sealed; the log says why.";
      }
    }
  }

  async function pass(): Promise<void> {
    const all = await readHeads(database.pool, null);
    if (vault.state() !== "ready") {
      general = [...all.values()].some(isBehind) ? "The vault is locked." : null;
      return;
    }
    const kept = await heads.read();
    if (kept.state === "damaged") {
      if (general !== kept.message) log.error({ problem: kept.message }, "access events are not sealed");
      general = kept.message;
      return;
    }
    general = null;
    const key = vault.auditKey();
    for (const [companyId, head] of all) {
      const known = kept.knownTo(chainIdOf(key), companyId);
      // Killed after a seal and before the file, or another owner on the database was faster.
      const unseen = known !== null && known.sequence < head.sealedSequence;
      if (isBehind(head) || unseen) await sealCompany(key, companyId, known);
    }
  }

  async function sealCompany(key: Buffer, companyId: string, seen: KnownHead | null): Promise<void> {
    const chainId = chainIdOf(key);
    let known = seen;
    for (;;) {
      const sealed = await sealBatch({ database, key, companyId, known, batch }, async () => {
        // Before the first seal: killed between the two, the next start still knows where the chain began.
        known = { sequence: 0, seal: null };
        await heads.advance(chainId, new Map([[companyId, known]]));
      });
      if (sealed.state === "contradiction") {
        if (stopped.get(companyId) !== sealed.reason)
          log.error({ companyId, problem: sealed.reason }, "access events are not sealed");
        stopped.set(companyId, sealed.reason);
        return;
      }
      stopped.delete(companyId);
      if (sealed.state === "none") return;
      // A chain that the file does not know is entered by a verification, which looks at all of it.
      if (known !== null) {
        known = sealed.head;
        await heads.advance(chainId, new Map([[companyId, known]]));
      }
      if (sealed.count < batch || closing) return;
    }
  }

  function tell(): void {
    if (closing) return;
    cancelGathering ??= clock.after(GATHER_MS, () => {
      cancelGathering = null;
      void sealAll();
    });
  }

  const leave = [
    vault.toSeal.subscribe(tell),
    feed.subscribe(({ topic }) => {
      if (topic === "resync" && failed) tell();
    }),
  ];
  void sealAll();

  return {
    sealAll,
    waiting: (companyId) => stopped.get(companyId) ?? general,
    stop: async () => {
      if (closing) return;
      cancelGathering?.();
      closing = true;
      for (const stopListening of leave) stopListening();
      if (!failed) await sealAll();
      await running;
    },
  };
}

function isBehind({ lastSequence, sealedSequence }: ChainHead): boolean {
  return lastSequence > sealedSequence;
}

type Sealed =
  | { readonly state: "none" }
  | { readonly state: "sealed"; readonly head: KnownHead; readonly count: number }
  | { readonly state: "contradiction"; readonly reason: string };

interface Batch {
  readonly database: Database;
  readonly key: Buffer;
  readonly companyId: string;
  readonly known: KnownHead | null;
  readonly batch: number;
}

/**
 * Seals the next events of a company in one transaction, under a lock that all owners on the database share: who comes
 * second goes on from where the first one ended. A seal that stands there is never replaced.
 */
async function sealBatch(
  { database, key, companyId, known, batch }: Batch,
  onBeginning: () => Promise<void>,
): Promise<Sealed> {
  return inTransaction(database.pool, async (client) => {
    await client.query("select pg_advisory_xact_lock(hashtextextended('paperclip-desktop: seals of ' || $1, 0))", [
      companyId,
    ]);
    const head = (await readHeads(client, companyId)).get(companyId);
    if (head === undefined) return { state: "none" };
    const reason = known === null ? null : await contradiction(client, companyId, head, known);
    if (reason !== null) return { state: "contradiction", reason };
    const { rows } = await readEvents(client, {
      companyId,
      from: after(head.sealedSequence),
      until: head.lastSequence,
      limit: batch,
    });
    const last = rows.at(-1);
    if (last === undefined) {
      return { state: "sealed", head: { sequence: head.sealedSequence, seal: head.sealedHead }, count: 0 };
    }
    if (known === null && head.sealedSequence === 0) await onBeginning();
    let previous = head.sealedHead;
    const made: { sequence: number; seal: string }[] = [];
    for (const { sequence, columns, seal } of rows) {
      if (seal === null) made.push({ sequence, seal: sealOf(key, { companyId, sequence, previous }, columns) });
      previous = seal ?? made.at(-1)?.seal ?? null;
    }
    const written = await client.query(
      `update secret_access_events e set seal = s.seal
       from unnest($2::bigint[], $3::text[]) as s (sequence, seal)
       where e.company_id = $1 and e.sequence = s.sequence and e.seal is null`,
      [companyId, made.map(({ sequence }) => sequence), made.map(({ seal }) => seal)],
    );
    if (written.rowCount !== made.length)
      throw new Error(`${made.length} events were to be sealed, and ${written.rowCount} were`);
    await client.query("update secret_access_heads set sealed_sequence = $2, sealed_head = $3 where company_id = $1", [
      companyId,
      last.sequence,
      previous,
    ]);
    const change: Change = { topic: "audit", companyId, id: null };
    await client.query("select pg_notify($1, $2)", [CHANGE_CHANNEL, JSON.stringify(change)]);
    return { state: "sealed", head: { sequence: last.sequence, seal: previous }, count: rows.length };
  });
}

/** Why a head cannot be the one that this instance has seen, or null. */
async function contradiction(
  client: pg.ClientBase,
  companyId: string,
  head: ChainHead,
  known: KnownHead,
): Promise<string | null> {
  if (known.sequence > head.sealedSequence) {
    return `This instance saw the chain sealed up to #${known.sequence}, and the database has it sealed up to #${head.sealedSequence}.`;
  }
  if (known.sequence === 0) return null;
  const { rows } = await client.query<{ seal: string | null }>(
    "select seal from secret_access_events where company_id = $1 and sequence = $2",
    [companyId, known.sequence],
  );
  const seal = known.sequence === head.sealedSequence ? head.sealedHead : (rows[0]?.seal ?? null);
  return seal === known.seal ? null : `Event #${known.sequence} does not have the seal that this instance saw.`;
}

async function inTransaction<Answer>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<Answer>): Promise<Answer> {
  const client = await pool.connect();
  try {
    await client.query("begin");
    const answer = await work(client);
    await client.query("commit");
    client.release();
    return answer;
  } catch (error) {
    // It may be in the middle of something.
    client.release(true);
    throw error;
  }
}
