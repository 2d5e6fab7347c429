import { sql } from "drizzle-orm";
import { announce } from "../database/changes.ts";
import type { Database, Executor } from "../database/database.ts";
import { type SealedBox, rewrapDataKey, sealedBox } from "./sealing.ts";
import type { Vault } from "./vault.ts";

/** Versions per transaction: short enough that nobody waits for it, and few round trips for many. */
const BATCH = 500;

export interface RewrapServices {
  readonly database: Database;
  readonly vault: Vault;
}

export interface Rewrapped {
  /** Versions whose data key was wrapped anew. */
  readonly done: number;
  /** Versions that a retired key wraps and that do not open under it: their material is damaged. */
  readonly damaged: number;
}

interface Row {
  readonly id: string;
  readonly companyId: string;
  readonly secretId: string;
  readonly version: number;
  readonly keyId: string;
  readonly wrappedKey: unknown;
}

/**
 * Wraps the data keys of all versions that name a retired key by the one in use, in batches, each a transaction of its
 * own; the ciphertext of values stays. Ends early where the signal is given or the vault is not ready: what is left is
 * done by the next one. Several at once share the work. `tell` hears how many are done.
 */
export async function rewrapVersions(
  { database, vault }: RewrapServices,
  signal: AbortSignal,
  tell: (done: number) => void,
): Promise<Rewrapped> {
  const damaged = new Set<string>();
  let done = 0;
  // Rows that somebody else has locked are passed over at first; once nothing else is left, they are waited for.
  for (let patient = false; !signal.aborted && vault.state() === "ready";) {
    const batch = await database.orm.transaction((tx) => rewrapBatch(tx, vault, [...damaged], patient));
    batch.damaged.forEach((id) => damaged.add(id));
    done += batch.done;
    tell(done);
    if (batch.seen > 0) patient = false;
    else if (patient) break;
    else patient = true;
  }
  return { done, damaged: damaged.size };
}

async function rewrapBatch(
  tx: Executor,
  vault: Vault,
  except: readonly string[],
  patient: boolean,
): Promise<{ seen: number; done: number; damaged: string[] }> {
  const { master, retired } = vault.keys();
  // One row where it waits: who holds one row and waits for none is never waited for in a circle.
  const lock = patient ? sql`limit 1 for update` : sql`limit ${BATCH} for update skip locked`;
  const { rows } = await tx.execute<Row & Record<string, unknown>>(sql`
    select id, company_id as "companyId", secret_id as "secretId", version, key_id as "keyId",
      material -> 'wrappedKey' as "wrappedKey"
    from company_secret_versions
    where key_id = any(${textArray([...retired.keys()])}::text[]) and material is not null
      and id <> all(${textArray(except)}::uuid[])
    ${lock}`);
  const damaged: string[] = [];
  const wrapped: { id: string; box: SealedBox }[] = [];
  for (const row of rows) {
    const from = retired.get(row.keyId);
    const box = sealedBox.safeParse(row.wrappedKey);
    try {
      if (!from || !box.success) throw new Error("no box");
      wrapped.push({ id: row.id, box: rewrapDataKey(from, master, row, box.data) });
    } catch {
      damaged.push(row.id);
    }
  }
  if (wrapped.length > 0) {
    await tx.execute(sql`
      update company_secret_versions v
      set key_id = ${master.id},
        material = v.material || jsonb_build_object('keyId', ${master.id}::text, 'wrappedKey', n.box)
      from jsonb_to_recordset(${JSON.stringify(wrapped)}::jsonb) as n (id uuid, box jsonb)
      where v.id = n.id`);
    await announce(tx, { topic: "status", companyId: null, id: null });
  }
  return { seen: rows.length, done: wrapped.length, damaged };
}

/** An array as one parameter: drizzle would make one of each element. */
function textArray(texts: readonly string[]) {
  return sql`${sql.param([...texts])}`;
}
