import { asRefusal } from "../../contract/refusal.ts";
import { type Executor, runStatement } from "../../database/database.ts";
import { type Slots, slotsOf, type TriggerTimes, zoneOf } from "../scheduler/due.ts";

/** When a trigger was due. */
export interface Rule {
  readonly slots: Slots;
  readonly zone: string;
}

/**
 * A row names the revision in whose time it came to be held, and that names the rule, whatever became of the trigger since. A
 * row that names none may go by any rule that its trigger ever had; one whose trigger was removed, by that of any trigger.
 */
const RULES = {
  name: "inbox-rules",
  text: `
    select runs.id as row, rules.*
    from routine_runs runs
    cross join lateral (
      select distinct trigger ->> 'kind' as kind, trigger ->> 'expression' as expression, trigger ->> 'zone' as zone,
        trigger ->> 'at' as at
      from routine_revisions revisions, jsonb_array_elements(revisions.snapshot -> 'triggers') as trigger
      where revisions.routine_id = runs.routine_id
        and (runs.routine_revision_id is null or revisions.id = runs.routine_revision_id)
        and trigger ->> 'kind' in ('schedule', 'once')
        and (runs.trigger_id is null or trigger ->> 'id' = runs.trigger_id::text)
    ) rules
    where runs.id = any($1)`,
};

interface RuleRow {
  readonly row: string;
  readonly kind: "schedule" | "once";
  readonly expression: string | null;
  readonly zone: string | null;
  readonly at: string | null;
}

/** The rules by which held rows may have been due, by the id of the row. */
export async function rulesOf(executor: Executor, rows: readonly string[]): Promise<ReadonlyMap<string, Rule[]>> {
  const rules = new Map<string, Rule[]>();
  if (rows.length === 0) return rules;
  for (const { row, kind, expression, zone, at } of await runStatement<RuleRow>(executor, RULES, [rows])) {
    const times = { kind, cronExpression: expression, timezone: zone, onceAt: at === null ? null : new Date(at) };
    const rule = ruleOf(times);
    if (rule) rules.set(row, [...(rules.get(row) ?? []), rule]);
  }
  return rules;
}

/** Null for a rule that cannot be read, which only a row written by hand can hold. */
function ruleOf(times: TriggerTimes): Rule | null {
  try {
    return { slots: slotsOf(times), zone: zoneOf(times) };
  } catch (error) {
    if (!asRefusal(error)) throw error;
    return null;
  }
}
