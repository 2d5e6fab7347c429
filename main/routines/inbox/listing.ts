import { and, eq, sql } from "drizzle-orm";
import type { HeldItem, HeldSlot, HeldStretch } from "../../../preload/contract/inbox.ts";
import { Refusal } from "../../contract/refusal.ts";
import type { Database, Executor } from "../../database/database.ts";
import { routineRuns } from "../../database/schema/runs.ts";
import { explainCron } from "../calendar/explain.ts";
import { parseCron } from "../calendar/expression.ts";
import { findZone } from "../calendar/zone.ts";
import { unknownText } from "./plan.ts";
import { rulesOf } from "./rules.ts";
import { firstHeld, heldCount, instantOf, lastHeld, toldOf } from "./stretch.ts";

const MOST_ITEMS = 200;
const MOST_STRETCHES = 20;
const DEFAULT_SLOTS = 100;

/** Held rows by routine and trigger; the newest stretches of each. One statement. */
const LIST = `
  with held as (
    select id, routine_id, trigger_id, coalesce(held_reason, 'It is held.') as reason, triggered_at,
      coalesce(slot_count, 1) as slots,
      coalesce(lower(slot_range), slot_at, triggered_at) as first, coalesce(upper(slot_range), slot_at, triggered_at) as last
    from routine_runs
    where company_id = $1 and status = 'held' and ($2::uuid is null or routine_id = $2)
  ), placed as (
    select *, row_number() over (partition by routine_id, trigger_id order by last desc, id) as place from held
  ), items as (
    select routine_id, trigger_id, sum(slots)::float8 as count, min(first) as first, max(last) as last,
      max(triggered_at) as held_at, count(*)::int as stretches,
      jsonb_agg(jsonb_build_object('id', id, 'first', first, 'last', last, 'count', slots, 'reason', reason,
        'heldAt', triggered_at) order by place) filter (where place <= ${MOST_STRETCHES}) as newest
    from placed
    group by routine_id, trigger_id
  )
  select items.*, routines.title, routines.status, triggers.label, triggers.cron_expression, triggers.timezone,
    count(*) over ()::int as items, sum(items.count) over ()::float8 as slots
  from items
  join routines on routines.id = items.routine_id
  left join routine_triggers triggers on triggers.id = items.trigger_id
  order by items.held_at desc, lower(routines.title), items.routine_id, items.trigger_id
  limit ${MOST_ITEMS}`;

interface Row {
  readonly routine_id: string;
  readonly trigger_id: string | null;
  readonly count: number;
  readonly first: Date;
  readonly last: Date;
  readonly held_at: Date;
  readonly stretches: number;
  readonly newest: readonly HeldStretch[];
  readonly title: string;
  readonly status: HeldItem["routineStatus"];
  readonly label: string | null;
  readonly cron_expression: string | null;
  readonly timezone: string | null;
  readonly items: number;
  readonly slots: number;
}

/** What is held in a company, or of one of its routines, by trigger; the one held last comes first. */
export async function listHeld(
  database: Database,
  companyId: string,
  routineId: string | null,
): Promise<{ items: HeldItem[]; more: number; slots: number }> {
  const { rows } = await database.pool.query<Row>(LIST, [companyId, routineId]);
  const items = rows.map(itemOf);
  const [first] = rows;
  return { items, more: (first?.items ?? 0) - items.length, slots: first?.slots ?? 0 };
}

/** The routines of a company of which something is held, by title. */
export async function heldRoutines(
  database: Database,
  companyId: string,
): Promise<{ routineId: string; routineTitle: string }[]> {
  const { rows } = await database.pool.query<{ routineId: string; routineTitle: string }>(
    `select id as "routineId", title as "routineTitle" from routines
     where company_id = $1 and id in (select routine_id from routine_runs where company_id = $1 and status = 'held')
     order by lower(title), id`,
    [companyId],
  );
  return rows;
}

function itemOf(row: Row): HeldItem {
  const parsed = row.cron_expression === null ? null : parseCron(row.cron_expression);
  const stretches = row.newest.map((stretch) => ({
    ...stretch,
    first: new Date(stretch.first).toISOString(),
    last: new Date(stretch.last).toISOString(),
    heldAt: new Date(stretch.heldAt).toISOString(),
  }));
  return {
    routineId: row.routine_id,
    routineTitle: row.title,
    routineStatus: row.status,
    triggerId: row.trigger_id,
    triggerLabel: row.label,
    explanation: parsed?.ok ? explainCron(parsed.expression, row.timezone ?? "UTC") : null,
    zone: row.timezone,
    first: row.first.toISOString(),
    last: row.last.toISOString(),
    count: row.count,
    reason: reasonOf(row, stretches[0]),
    heldAt: row.held_at.toISOString(),
    stretches,
    moreStretches: row.stretches - stretches.length,
  };
}

function reasonOf({ stretches, trigger_id: triggerId }: Row, newest: HeldStretch | undefined): string {
  const reason = newest?.reason ?? "It is held.";
  return stretches > 1 && triggerId !== null ? `Missed ${stretches} times, the last time: ${reason}` : reason;
}

/** The slots of one held row, the newest first. Refuses `slot_missing` where the row is not held, or not of the company. */
export async function slotsOfRow(
  executor: Executor,
  input: {
    readonly companyId: string;
    readonly row: string;
    readonly before?: string | undefined;
    readonly limit?: number | undefined;
  },
): Promise<{ slots: HeldSlot[]; more: boolean; unknown: string | null }> {
  const [row] = await executor
    .select({
      triggerId: routineRuns.triggerId,
      first: instantOf(firstHeld),
      last: instantOf(lastHeld),
      count: heldCount,
    })
    .from(routineRuns)
    .where(
      and(
        eq(routineRuns.id, input.row),
        eq(routineRuns.companyId, input.companyId),
        sql`${routineRuns.status} = 'held'`,
      ),
    );
  if (!row) {
    throw new Refusal("slot_missing", "These slots are not held, or not any more.", {
      next: "See what there is: `paperclip-desktop inbox list`",
    });
  }
  const rules = await rulesOf(executor, [input.row]);
  const told = toldOf({ ...row, rules: rules.get(input.row) ?? [] });
  const before = input.before === undefined ? Infinity : Date.parse(input.before);
  const all = (told.slots ?? [row.first, row.last]).filter((slot) => slot < before).toReversed();
  const limit = input.limit ?? DEFAULT_SLOTS;
  const zone = findZone(told.zone);
  return {
    slots: all.slice(0, limit).map((slot) => ({
      at: new Date(slot).toISOString(),
      local: new Date(slot + (zone?.offsetAt(slot) ?? 0)).toISOString().slice(0, 16).replace("T", " "),
    })),
    more: all.length > limit,
    unknown: told.slots === null ? unknownText(row.count) : null,
  };
}
