import { and, desc, eq, inArray, lt, or, sql } from "drizzle-orm";
import type { AccessEvent, AccessOutcome } from "../../preload/contract/secrets.ts";
import { Refusal } from "../contract/refusal.ts";
import type { Executor } from "../database/database.ts";
import { asId } from "../database/ids.ts";
import { companySecrets, secretAccessEvents } from "../database/schema/secrets.ts";
import { normaliseKey } from "./words.ts";

const EVENTS_PER_PAGE = 100;

export interface EventFilter {
  readonly companyId: string;
  /** Id, key or name; of a deleted secret too, and an id that never was one. */
  readonly secret?: string | undefined;
  /** A routine run. */
  readonly run?: string | undefined;
  readonly outcome?: AccessOutcome | undefined;
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

/** Access events of a company, newest first, paged by their sequence numbers. */
export async function listEvents(
  executor: Executor,
  filter: EventFilter,
): Promise<{ events: AccessEvent[]; nextCursor: string | null }> {
  const limit = filter.limit ?? EVENTS_PER_PAGE;
  const before = filter.cursor === undefined ? undefined : readCursor(filter.cursor);
  const ids = filter.secret === undefined ? undefined : await secretIds(executor, filter.companyId, filter.secret);
  const rows = await executor
    .select()
    .from(secretAccessEvents)
    .where(
      and(
        eq(secretAccessEvents.companyId, filter.companyId),
        ids && inArray(secretAccessEvents.secretId, ids),
        filter.run === undefined ? undefined : eq(secretAccessEvents.routineRunId, filter.run),
        filter.outcome && eq(secretAccessEvents.outcome, filter.outcome),
        before === undefined ? undefined : lt(secretAccessEvents.sequence, before),
      ),
    )
    .orderBy(desc(secretAccessEvents.sequence))
    .limit(limit + 1);
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    events: page.map(accessEventOf),
    nextCursor: rows.length > limit && last ? String(last.sequence) : null,
  };
}

/** All secrets that have had this key or name, deleted ones too; rows of secrets are never removed. */
async function secretIds(executor: Executor, companyId: string, reference: string): Promise<string[]> {
  const rows = await executor
    .select({ id: companySecrets.id })
    .from(companySecrets)
    .where(
      and(
        eq(companySecrets.companyId, companyId),
        or(
          eq(companySecrets.key, normaliseKey(reference)),
          eq(sql`lower(${companySecrets.name})`, reference.toLowerCase()),
        ),
      ),
    );
  const ids = rows.map((row) => row.id);
  const id = asId(reference);
  if (id !== null) return [...ids, id];
  if (ids.length > 0) return ids;
  throw new Refusal("secret_missing", `There is and was no secret "${reference}" in this company.`, {
    next: "See the secrets there are: `paperclip-desktop secrets list`",
    fields: { secret: "is and was not in this company" },
    details: { secret: reference },
  });
}

function readCursor(cursor: string): number {
  const sequence = Number(cursor);
  if (/^\d+$/.test(cursor) && Number.isSafeInteger(sequence)) return sequence;
  throw new Refusal("invalid_input", "The events were not listed: the cursor is not one of an earlier page.", {
    next: "Take `nextCursor` as it was given, or leave the cursor out.",
    fields: { cursor: "is not one of an earlier page" },
  });
}

function accessEventOf(row: typeof secretAccessEvents.$inferSelect): AccessEvent {
  return {
    id: row.id,
    sequence: row.sequence,
    secretId: row.secretId,
    secretKey: row.secretKey,
    secretName: row.secretName,
    version: row.version,
    provider: row.provider,
    actor: { type: row.actorType, id: row.actorId },
    consumerType: row.consumerType,
    consumerId: row.consumerId,
    configPath: row.configPath,
    layer: row.layer,
    runId: row.routineRunId,
    attemptId: row.heartbeatRunId,
    outcome: row.outcome,
    errorCode: row.errorCode,
    createdAt: row.createdAt.toISOString(),
  };
}
