import { and, between, eq, or, sql } from "drizzle-orm";
import { Refusal } from "../contract/refusal.ts";
import type { Executor } from "../database/database.ts";
import { asId } from "../database/ids.ts";
import { routines, routineTriggers } from "../database/schema/routines.ts";
import { routineRuns } from "../database/schema/runs.ts";
import { runMissing } from "./records.ts";

const SHORTEST_PREFIX = 6;

/** The full id of the run that an operator means: by id, or by the first six or more digits of it where one run fits. */
export async function findRunId(executor: Executor, companyId: string, reference: string): Promise<string> {
  const digits = reference.trim().toLowerCase().replaceAll("-", "");
  if (!/^[0-9a-f]{1,32}$/.test(digits) || digits.length < SHORTEST_PREFIX) throw runMissing(reference);
  const rows = await executor
    .select({ id: routineRuns.id })
    .from(routineRuns)
    .where(
      and(
        eq(routineRuns.companyId, companyId),
        between(routineRuns.id, asUuid(digits.padEnd(32, "0")), asUuid(digits.padEnd(32, "f"))),
      ),
    )
    .limit(2);
  const [row] = rows;
  if (!row) throw runMissing(reference);
  if (rows.length > 1) {
    throw new Refusal("name_ambiguous", `More than one run begins with ${digits}.`, {
      next: "Write more digits of its id: `paperclip-desktop runs list`",
      details: { run: reference },
    });
  }
  return row.id;
}

function asUuid(digits: string): string {
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** The routines that a filter names, by id or title; a title may be that of several. Refuses with `routine_missing`. */
export async function findRoutineIds(executor: Executor, companyId: string, reference: string): Promise<string[]> {
  const text = reference.trim();
  const id = asId(text);
  const rows = await executor
    .select({ id: routines.id })
    .from(routines)
    .where(
      and(
        eq(routines.companyId, companyId),
        or(sql`lower(${routines.title}) = lower(${text})`, ...(id === null ? [] : [eq(routines.id, id)])),
      ),
    );
  if (rows.length > 0) return rows.map((row) => row.id);
  throw new Refusal("routine_missing", `There is no routine ${JSON.stringify(text)} in this company.`, {
    next: "See what there is: `paperclip-desktop routines list`",
    details: { routine: text },
  });
}

/** The triggers that a filter names, by id or label; a label may be that of several routines. Refuses with `trigger_missing`. */
export async function findTriggerIds(executor: Executor, companyId: string, reference: string): Promise<string[]> {
  const text = reference.trim();
  const id = asId(text);
  const rows = await executor
    .select({ id: routineTriggers.id })
    .from(routineTriggers)
    .where(
      and(
        eq(routineTriggers.companyId, companyId),
        or(sql`lower(${routineTriggers.label}) = lower(${text})`, ...(id === null ? [] : [eq(routineTriggers.id, id)])),
      ),
    );
  if (rows.length > 0) return rows.map((row) => row.id);
  throw new Refusal("trigger_missing", `There is no trigger ${JSON.stringify(text)} in this company.`, {
    next: "See what there is: `paperclip-desktop triggers list --routine NAME`",
    details: { trigger: text },
  });
}
