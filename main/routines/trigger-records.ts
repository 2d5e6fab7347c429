import { inArray } from "drizzle-orm";
import type { TriggerRecord } from "../../preload/contract/triggers.ts";
import type { WebhookFacts } from "../../preload/contract/webhooks.ts";
import type { Executor } from "../database/database.ts";
import { routineRuns } from "../database/schema/runs.ts";
import { explainCron } from "./calendar/explain.ts";
import { parseCron } from "./calendar/expression.ts";
import type { TriggerRow } from "./trigger-clock.ts";

/** How far the timestamp of a signed delivery may be from now, in seconds, unless told otherwise. */
export const REPLAY_WINDOW_SECONDS = 300;

/** The facts of a webhook, with its path for an address: who knows the port puts it before. Null for other kinds. */
export function webhookFactsOf(row: TriggerRow): WebhookFacts | null {
  if (row.kind !== "webhook" || row.publicId === null || row.signingMode === null) return null;
  return {
    publicId: row.publicId,
    address: `/hooks/${row.publicId}`,
    signingMode: row.signingMode,
    replayWindowSeconds: row.replayWindowSeconds ?? REPLAY_WINDOW_SECONDS,
    secretId: row.secretId,
    lastRotatedAt: row.lastRotatedAt?.toISOString() ?? null,
    previousKeyUntil: row.previousSecretUntil?.toISOString() ?? null,
  };
}

/** The run in what a firing came to, such as `queued: run 5c0e…`. */
const RUN_OF = /^[a-z_]+: run ([0-9a-f-]{36})$/;

/** Triggers as the contract shows them. What a firing came to stands there as it was then; it is shown as its run is now. */
export async function triggerRecords(executor: Executor, rows: readonly TriggerRow[]): Promise<TriggerRecord[]> {
  const runIds = rows.flatMap(({ lastResult }) => RUN_OF.exec(lastResult ?? "")?.[1] ?? []);
  const found =
    runIds.length === 0
      ? []
      : await executor
          .select({ id: routineRuns.id, status: routineRuns.status })
          .from(routineRuns)
          .where(inArray(routineRuns.id, runIds));
  const statuses = new Map(found.map(({ id, status }) => [id, status]));
  return rows.map((row) => {
    const runId = RUN_OF.exec(row.lastResult ?? "")?.[1];
    const status = statuses.get(runId ?? "");
    return triggerRecord(status === undefined ? row : { ...row, lastResult: `${status}: run ${runId}` });
  });
}

function triggerRecord(row: TriggerRow): TriggerRecord {
  const parsed = row.cronExpression === null ? null : parseCron(row.cronExpression);
  return {
    id: row.id,
    companyId: row.companyId,
    routineId: row.routineId,
    kind: row.kind,
    label: row.label,
    enabled: row.enabled,
    expression: row.cronExpression,
    explanation: parsed?.ok ? explainCron(parsed.expression, row.timezone ?? "UTC") : null,
    zone: row.timezone,
    at: row.onceAt?.toISOString() ?? null,
    graceSeconds: row.graceSeconds,
    missedCap: row.missedCap,
    webhook: webhookFactsOf(row),
    nextRunAt: row.nextRunAt?.toISOString() ?? null,
    lastFiredAt: row.lastFiredAt?.toISOString() ?? null,
    lastResult: row.lastResult,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}
