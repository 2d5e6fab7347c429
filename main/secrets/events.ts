import { and, desc, eq, gte, inArray, lt, lte, or, sql } from "drizzle-orm";
import type { AccessEvent, AccessOutcome } from "../../preload/contract/secrets.ts";
import { Refusal } from "../contract/refusal.ts";
import type { Executor } from "../database/database.ts";
import { asId } from "../database/ids.ts";
import { companySecrets, secretAccessEvents } from "../database/schema/secrets.ts";
import { currentNames } from "./event-names.ts";
import { normaliseKey } from "./words.ts";

const EVENTS_PER_PAGE = 100;
/** Events that one page looks at, at most: a filter that fits hardly any must not read a million of them in one go. */
const LOOKED_AT = 100_000;
/**
 * The greatest number of an event. Whoever can write to the database can add rows beyond it, or below 1; a verification
 * names them, and they are not listed: no answer and no cursor could carry them.
 */
const MOST = Number.MAX_SAFE_INTEGER;

export interface EventFilter {
  readonly companyId: string;
  /** Id, key or name; of a deleted secret too, and an id that never was one. */
  readonly secret?: string | undefined;
  /** A routine run. */
  readonly run?: string | undefined;
  readonly outcome?: AccessOutcome | undefined;
  readonly errorCode?: string | undefined;
  readonly consumerType?: string | undefined;
  readonly consumerId?: string | undefined;
  /** The id of who asked, such as an agent's. */
  readonly actor?: string | undefined;
  readonly version?: number | undefined;
  /** Instants; what happened at them is among them. */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

/**
 * Access events of a company, newest first, paged by their sequence numbers. A page may be shorter than asked for, or empty,
 * and have a next one: then it has looked at `lookedAt` events, and the next page goes on from there.
 */
export async function listEvents(
  executor: Executor,
  filter: EventFilter,
  lookedAt = LOOKED_AT,
): Promise<{ events: AccessEvent[]; nextCursor: string | null }> {
  const { companyId, secret, run, since, until } = filter;
  const limit = filter.limit ?? EVENTS_PER_PAGE;
  const before = filter.cursor === undefined ? undefined : readCursor(filter.cursor);
  const ids = secret === undefined ? undefined : await secretIds(executor, companyId, secret);
  const first = since === undefined ? undefined : await numberAt(executor, companyId, since);
  const last = until === undefined ? undefined : await numberAt(executor, companyId, until);
  const events = secretAccessEvents;
  // What an index finds, in its order; the rest is looked for among these.
  const found = executor
    .select()
    .from(events)
    .where(
      and(
        eq(events.companyId, companyId),
        gte(events.sequence, 1),
        lte(events.sequence, MOST),
        ids && inArray(events.secretId, ids),
        run === undefined ? undefined : eq(events.routineRunId, run),
        before === undefined ? undefined : lt(events.sequence, before),
        first === undefined ? undefined : gte(events.sequence, first - MOST_OUT_OF_ORDER),
        last === undefined ? undefined : lte(events.sequence, last + MOST_OUT_OF_ORDER),
      ),
    )
    .orderBy(desc(events.sequence))
    .limit(lookedAt)
    .as("found");
  const rows = await executor
    .select()
    .from(found)
    .where(
      and(
        filter.outcome && eq(found.outcome, filter.outcome),
        filter.errorCode === undefined ? undefined : eq(found.errorCode, filter.errorCode),
        filter.consumerType === undefined ? undefined : eq(found.consumerType, filter.consumerType),
        filter.consumerId === undefined ? undefined : eq(found.consumerId, filter.consumerId),
        filter.actor === undefined ? undefined : eq(found.actorId, filter.actor),
        filter.version === undefined ? undefined : eq(found.version, filter.version),
        since === undefined ? undefined : gte(found.createdAt, new Date(since)),
        until === undefined ? undefined : lte(found.createdAt, new Date(until)),
      ),
    )
    .orderBy(desc(found.sequence))
    .limit(limit + 1);
  const page = rows.slice(0, limit);
  const end = page.at(-1);
  const answer = await named(executor, companyId, page);
  if (rows.length > limit && end) return { events: answer, nextCursor: String(end.sequence) };
  const [further] = await executor
    .select({ sequence: found.sequence })
    .from(found)
    .orderBy(desc(found.sequence))
    .offset(lookedAt - 1)
    .limit(1);
  return { events: answer, nextCursor: further ? String(further.sequence) : null };
}

type Row = typeof secretAccessEvents.$inferSelect;

async function named(executor: Executor, companyId: string, rows: readonly Row[]): Promise<AccessEvent[]> {
  const ids = rows.flatMap(({ consumerId, actorId }) => [consumerId, actorId]);
  const names = await currentNames(executor, companyId, ids);
  return rows.map((row) => accessEventOf(row, names));
}

/**
 * Numbers by which events may stand in another order than their instants: the instant is that of a transaction's beginning,
 * and its number is taken later.
 */
const MOST_OUT_OF_ORDER = 1_000;

/** The number of the last event before an instant, by bisection: some twenty looks into the index. */
async function numberAt(executor: Executor, companyId: string, instant: string): Promise<number> {
  const { rows } = await executor.execute<{ low: string }>(sql`
    with recursive search (low, high) as (
      select 0::bigint, coalesce((select max(sequence) from secret_access_events
        where company_id = ${companyId} and sequence between 1 and ${MOST}), 0)
      union all
      select case when s.before then s.middle else s.low end, case when s.before then s.high else s.middle - 1 end
      from (
        select low, high, middle, coalesce(
          (select e.created_at < ${instant}::timestamptz from secret_access_events e
           where e.company_id = ${companyId} and e.sequence <= m.middle order by e.sequence desc limit 1), true) as before
        from (select low, high, (low + high + 1) / 2 as middle from search where low < high) m
      ) s
    )
    select low from search where low >= high limit 1`);
  return Number(rows[0]?.low ?? 0);
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

function accessEventOf(row: Row, names: ReadonlyMap<string, string>): AccessEvent {
  return {
    id: row.id,
    sequence: row.sequence,
    secretId: row.secretId,
    secretKey: row.secretKey,
    secretName: row.secretName,
    version: row.version,
    provider: row.provider,
    actor: { type: row.actorType, id: row.actorId },
    actorName: row.actorId === null ? null : (names.get(row.actorId) ?? null),
    consumerType: row.consumerType,
    consumerId: row.consumerId,
    consumerName: names.get(row.consumerId) ?? null,
    configPath: row.configPath,
    layer: row.layer,
    runId: row.routineRunId,
    attemptId: row.heartbeatRunId,
    outcome: row.outcome,
    errorCode: row.errorCode,
    createdAt: instantText(row.createdAt),
  };
}

/** An instant that somebody put in, such as `infinity`, is no reason to show no event at all. */
function instantText(instant: Date): string {
  const last = Date.UTC(9999, 11, 31);
  const time = new Date(instant).getTime();
  return new Date(Number.isNaN(time) ? last : Math.min(last, Math.max(0, time))).toISOString();
}
