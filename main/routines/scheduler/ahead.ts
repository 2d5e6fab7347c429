import { Refusal } from "../../contract/refusal.ts";
import { type Executor, runStatement, type Statement } from "../../database/database.ts";
import type { EnvironmentSheet } from "../../environment/sheet.ts";
import { prepareRun } from "../dispatch.ts";
import { type Basis, basisOf, type BasisRow, basisSql, type QueuedRun, writeRun } from "../firing.ts";
import { type Slots, slotsOf, type TriggerTimes, zoneOf } from "./due.ts";
import { type Account, nextStep } from "./step.ts";

/*
 * What is due soon is read and worked out before its instant, so that then one statement is left: it writes the run and moves the
 * trigger where routine, trigger, agent, project and bindings are as they were read and nothing is paused or held. Where it
 * writes nothing, and for everything that is not a plain slot on time, the slot is accounted for in the long way.
 */

/** Slots that are prepared at once. */
const MOST = 100;

/** A slot that is due soon, with the run that it will be. */
export interface Ahead {
  readonly triggerId: string;
  readonly slot: number;
  readonly slots: Slots;
  readonly account: Account;
  readonly triggerVersion: string;
  readonly basis: Basis;
  readonly run: QueuedRun;
  readonly sheet: EnvironmentSheet;
}

interface DueRow extends BasisRow {
  readonly triggerId: string;
  readonly triggerVersion: string;
  readonly graceSeconds: number;
  readonly missedCap: number;
  /** In milliseconds since the epoch, as the next. */
  readonly accountedUntil: number;
  readonly nextRunAt: number;
  readonly onceAt: number | null;
  readonly kind: TriggerTimes["kind"];
  readonly cronExpression: string | null;
  readonly timezone: string | null;
}

const inMilliseconds = (instant: string) => `(extract(epoch from ${instant}) * 1000)::float8`;

const READ_AHEAD: Statement = {
  name: "read_ahead",
  text: `
    select ${basisSql("r", "r.assignee_agent_id", "r.project_id")}, t.id as "triggerId", t.xmin::text as "triggerVersion",
      t.grace_seconds as "graceSeconds", t.missed_cap as "missedCap", t.kind, t.cron_expression as "cronExpression",
      t.timezone, ${inMilliseconds("t.accounted_until")} as "accountedUntil", ${inMilliseconds("t.next_run_at")} as "nextRunAt",
      ${inMilliseconds("t.once_at")} as "onceAt"
    from routine_triggers t join routines r on r.id = t.routine_id
    where t.enabled and t.next_run_at <= $1 and t.accounted_until is not null and r.status = 'active'
    order by t.next_run_at, t.id limit ${MOST}`,
};

/** Prepares the slots that are due by an instant. One that would be refused, or cannot be read, is not among them. */
export async function readAhead(executor: Executor, until: Date): Promise<Ahead[]> {
  const rows = await runStatement<DueRow>(executor, READ_AHEAD, [until]);
  return rows.flatMap((row) => {
    try {
      return prepare(row) ?? [];
    } catch (error) {
      if (error instanceof Refusal) return [];
      throw error;
    }
  });
}

function prepare(row: DueRow): Ahead | null {
  const { triggerId, triggerVersion } = row;
  const slots = slotsOf({ ...row, onceAt: row.onceAt === null ? null : new Date(row.onceAt) });
  const slot = slots.next(row.accountedUntil);
  if (slot !== row.nextRunAt) return null;
  const basis = basisOf(row);
  const at = new Date(slot);
  const { run, sheet } = prepareRun(basis, at, {
    source: "schedule",
    variables: {},
    payload: null,
    idempotencyKey: null,
    slot: { triggerId, at, zone: zoneOf(row), notBefore: null },
  });
  const account = {
    accountedUntil: row.accountedUntil,
    graceMs: row.graceSeconds * 1_000,
    catchUp: basis.routine.catchUpPolicy,
    missedCap: row.missedCap,
  };
  return { triggerId, slot, slots, account, triggerVersion, basis, run, sheet };
}

/** Whether the slot became a queued run. If not, nothing was written. */
export async function fireAhead(executor: Executor, ahead: Ahead, now: Date): Promise<boolean> {
  const { slots, slot, account, basis, sheet, triggerId, triggerVersion } = ahead;
  const step = nextStep(slots, account, now.getTime());
  if (step.kind !== "run" || step.missed) return false;
  const next = slots.next(slot);
  const run: QueuedRun = { ...ahead.run, triggeredAt: now, queuedAt: now, createdAt: now, updatedAt: now };
  const { added } = await writeRun(executor, basis, run, sheet, {
    id: triggerId,
    version: triggerVersion,
    accountedUntil: new Date(slot),
    nextRunAt: next === null ? null : new Date(next),
    lastResult: `queued: run ${run.id}`,
  });
  return added;
}
