import { and, eq, gte, ilike, inArray, lte, or, type SQL, sql } from "drizzle-orm";
import { type RunFilters, runSource, type RunSource, runStatus, type RunStatus } from "../../preload/contract/runs.ts";
import { Refusal } from "../contract/refusal.ts";
import type { Executor } from "../database/database.ts";
import { routineRuns } from "../database/schema/runs.ts";
import { findAgent } from "../work/lookup.ts";
import { findRoutineIds, findTriggerIds } from "./lookup.ts";
import { runRows, type RunRow } from "./records.ts";

export interface HistoryPage {
  readonly companyId: string;
  readonly filters: RunFilters;
  readonly cursor: string | undefined;
  readonly limit: number;
  readonly now: Date;
}

/** So many of the newest runs are looked at one by one before what fits is collected. */
const LOOKED_THROUGH = 2_000;

const HOUR_MS = 3_600_000;
const newestFirst = sql`${routineRuns.triggeredAt} desc, ${routineRuns.id} desc`;

/**
 * A page of the runs of a company, newest first, and where the next one begins; null on the last one.
 *
 * Indexes hold the runs of a company, a routine and an agent in order, for each source and status by itself: so the first
 * of each are read and the first of these are the page, whatever is rare. A text, and what no index holds together, may
 * fit every second run or none, and nobody knows which: there the newest runs are looked through first, and where these do
 * not fill the page, all that fits is collected from the indexes and then sorted. Neither alone holds: the one reads
 * everything for what is rare, the other for what is common.
 */
export async function readHistory(
  executor: Executor,
  page: HistoryPage,
): Promise<{ runs: RunRow["record"][]; nextCursor: string | null }> {
  const wanted = page.limit + 1;
  const question = await understood(executor, page);
  const ids = isInOrder(question)
    ? await inOrder(executor, question, wanted)
    : ((await amongNewest(executor, question, wanted)) ?? (await collected(executor, question, wanted)));
  const rows = await runRows(executor, inArray(routineRuns.id, ids), wanted);
  const shown = rows.slice(0, page.limit);
  const last = shown.at(-1);
  return {
    runs: shown.map((row) => row.record),
    nextCursor: rows.length > page.limit && last ? `${last.triggeredAtExactly} ${last.record.id}` : null,
  };
}

/** What is asked for; null for what is left open. */
interface Question {
  /** Company, time and cursor: what every index pages by. */
  readonly range: SQL | undefined;
  readonly companyId: string;
  readonly routineIds: readonly string[] | null;
  readonly agentId: string | null;
  readonly triggerIds: readonly string[] | null;
  readonly statuses: readonly RunStatus[] | null;
  readonly sources: readonly RunSource[] | null;
  readonly text: SQL | null;
}

async function understood(executor: Executor, { companyId, filters, cursor, now }: HistoryPage): Promise<Question> {
  const { routine, agent, trigger, status, source, text, withinHours, until } = filters;
  const since = filters.since ?? (withinHours === undefined ? undefined : hoursAgo(now, withinHours));
  return {
    range: and(
      eq(routineRuns.companyId, companyId),
      since === undefined ? undefined : gte(routineRuns.triggeredAt, new Date(since)),
      until === undefined ? undefined : lte(routineRuns.triggeredAt, new Date(until)),
      cursor === undefined ? undefined : after(cursor),
    ),
    companyId,
    routineIds: routine === undefined ? null : await findRoutineIds(executor, companyId, routine),
    agentId: agent === undefined ? null : (await findAgent(executor, companyId, agent)).id,
    triggerIds: trigger === undefined ? null : await findTriggerIds(executor, companyId, trigger),
    statuses: status && status.length > 0 ? [...new Set(status)] : null,
    sources: source === undefined ? null : [source],
    text: text === undefined || text.trim() === "" ? null : holdsText(text),
  };
}

/** Whether an index pages just that: an agent, a routine, or the company, by source and status; or a trigger by itself. */
function isInOrder({ text, routineIds, agentId, triggerIds, statuses, sources }: Question): boolean {
  if (text !== null || (routineIds !== null && agentId !== null)) return false;
  return triggerIds === null || (routineIds === null && agentId === null && statuses === null && sources === null);
}

function hoursAgo(now: Date, hours: number): string {
  return new Date(now.getTime() - hours * HOUR_MS).toISOString();
}

/** The first rows of each part that an index holds in order, and the first of these. */
async function inOrder(executor: Executor, question: Question, limit: number): Promise<string[]> {
  const { range, companyId, routineIds, agentId, triggerIds, statuses, sources } = question;
  const [owner, owners] =
    agentId !== null
      ? [routineRuns.agentId, [agentId]]
      : routineIds !== null
        ? [routineRuns.routineId, routineIds]
        : triggerIds !== null
          ? [routineRuns.triggerId, triggerIds]
          : [routineRuns.companyId, [companyId]];
  // The indexes are by source and then by status, but for the one of a company by status alone, and the ones in plain order.
  const bySource = agentId !== null || sources !== null || (routineIds !== null && statuses !== null);
  const byStatus = bySource || statuses !== null;
  const { rows } = await executor.execute<{ id: string }>(sql`
    select page.id
    from unnest(${sql.param(owners)}::uuid[]) as owner (id)
    cross join unnest(${sql.param(bySource ? (sources ?? runSource.options) : [""])}::text[]) as source (name)
    cross join unnest(${sql.param(byStatus ? (statuses ?? runStatus.options) : [""])}::text[]) as status (name)
    cross join lateral (
      select ${routineRuns.id} as id, ${routineRuns.triggeredAt} as at from ${routineRuns}
      where ${and(
        range,
        sql`${owner} = owner.id`,
        bySource ? sql`${routineRuns.source} = source.name` : undefined,
        byStatus ? sql`${routineRuns.status} = status.name` : undefined,
      )}
      order by ${newestFirst} limit ${limit}
    ) page
    order by page.at desc, page.id desc limit ${limit}`);
  return rows.map(({ id }) => id);
}

function matching({ routineIds, agentId, triggerIds, statuses, sources, text }: Question): SQL | undefined {
  return and(
    routineIds === null ? undefined : inArray(routineRuns.routineId, [...routineIds]),
    agentId === null ? undefined : eq(routineRuns.agentId, agentId),
    triggerIds === null ? undefined : inArray(routineRuns.triggerId, [...triggerIds]),
    statuses === null ? undefined : inArray(routineRuns.status, [...statuses]),
    sources === null ? undefined : inArray(routineRuns.source, [...sources]),
    text ?? undefined,
  );
}

/** What fits among the newest runs; null where that fills no page, and there are others. */
async function amongNewest(executor: Executor, question: Question, limit: number): Promise<string[] | null> {
  const { rows } = await executor.execute<{ id: string | null; seen: number }>(sql`
    with newest as materialized (
      select * from ${routineRuns} where ${question.range} order by ${newestFirst} limit ${LOOKED_THROUGH}
    ), fitting as (
      select id, triggered_at from newest as ${routineRuns} where ${matching(question)}
      order by ${newestFirst} limit ${limit}
    )
    select fitting.id, (select count(*)::int from newest) as seen
    from (select) nothing left join fitting on true order by triggered_at desc, id desc`);
  const ids = rows.flatMap(({ id }) => id ?? []);
  return ids.length === limit || (rows[0]?.seen ?? 0) < LOOKED_THROUGH ? ids : null;
}

/** Everything that fits, collected and then sorted. */
async function collected(executor: Executor, question: Question, limit: number): Promise<string[]> {
  const { rows } = await executor.execute<{ id: string }>(sql`
    with fitting as materialized (
      select ${routineRuns.id} as id, ${routineRuns.triggeredAt} as at from ${routineRuns}
      where ${and(question.range, matching(question))}
    )
    select id from fitting order by at desc, id desc limit ${limit}`);
  return rows.map(({ id }) => id);
}

/**
 * Title, reason or excerpt hold the text from the beginning of a word, whatever the case; it is text and no pattern. The
 * words are what the index finds; the text is looked for in what these leave.
 */
function holdsText(text: string): SQL {
  const searched = text.replaceAll("\0", "");
  if (!/[\p{L}\p{N}]/u.test(searched)) {
    throw new Refusal("invalid_input", "The history is searched by words, and the text holds no letter and no digit.", {
      fields: { text: "needs a letter or a digit" },
    });
  }
  const pattern = `%${searched.replace(/[\\%_]/g, "\\$&")}%`;
  const { title, skipReason, heldReason, failure, logExcerpt } = routineRuns;
  return sql`(${or(
    ilike(title, pattern),
    ilike(logExcerpt, pattern),
    ilike(skipReason, pattern),
    ilike(heldReason, pattern),
    sql`${failure} ->> 'message' ilike ${pattern}`,
    sql`${failure} ->> 'code' ilike ${pattern}`,
  )} and run_words(${title}, ${skipReason}, ${heldReason}, ${failure}, ${logExcerpt}) @@ words_query(${searched}))`;
}

/** Everything older than where the last page ended. */
function after(cursor: string): SQL {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z) ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(cursor);
  if (!match) {
    throw new Refusal("invalid_input", "The cursor is not one that a list of runs answered with.", {
      fields: { cursor: "is not valid" },
      next: "Begin again without a cursor.",
    });
  }
  const [, at, id] = match;
  return sql`(${routineRuns.triggeredAt}, ${routineRuns.id}) < (${at}::timestamptz, ${id}::uuid)`;
}
