import { randomUUID } from "node:crypto";
import { and, desc, eq, lt, or, sql } from "drizzle-orm";
import { z } from "zod";
import type { Delivery } from "../../../preload/contract/webhooks.ts";
import { cursorId, readCursor, writeCursor } from "../../database/cursor.ts";
import type { Executor } from "../../database/database.ts";
import { routineRuns } from "../../database/schema/runs.ts";
import { webhookDeliveries, webhookNonces } from "../../database/schema/webhooks.ts";
import type { TriggerRow } from "../trigger-clock.ts";

/** Deliveries that are kept of each webhook, and for how long. */
const MOST_DELIVERIES = 500;
const KEPT_MS = 30 * 86_400_000;
const PER_PAGE = 50;

type Row = typeof webhookDeliveries.$inferInsert;
export type NewDelivery = Omit<Row, "id" | "companyId" | "triggerId">;

/** Writes one delivery down, and lets go of those of its webhook that are too many or too old. */
export async function writeDelivery(
  tx: Executor,
  trigger: Pick<TriggerRow, "id" | "companyId">,
  delivery: NewDelivery,
): Promise<void> {
  const { id: triggerId, companyId } = trigger;
  await tx.insert(webhookDeliveries).values({ id: randomUUID(), companyId, triggerId, ...delivery });
  const [last] = await tx
    .select({ id: webhookDeliveries.id, receivedAt: webhookDeliveries.receivedAt })
    .from(webhookDeliveries)
    .where(eq(webhookDeliveries.triggerId, triggerId))
    .orderBy(desc(webhookDeliveries.receivedAt), desc(webhookDeliveries.id))
    .offset(MOST_DELIVERIES - 1)
    .limit(1);
  await tx
    .delete(webhookDeliveries)
    .where(
      and(
        eq(webhookDeliveries.triggerId, triggerId),
        or(
          lt(webhookDeliveries.receivedAt, new Date(delivery.receivedAt.getTime() - KEPT_MS)),
          last && before(last.receivedAt, last.id),
        ),
      ),
    );
}

/** Forgets signed deliveries whose timestamps nobody would take any more. */
export async function forgetNonces(executor: Executor, now: Date): Promise<void> {
  await executor.delete(webhookNonces).where(lt(webhookNonces.expiresAt, now));
}

const place = z.tuple([z.literal("delivery"), z.iso.datetime(), cursorId]);

/** The deliveries of a webhook, newest first. Refuses with `invalid_input` a cursor of another list. */
export async function listDeliveries(
  executor: Executor,
  filter: { readonly triggerId: string; readonly limit?: number | undefined; readonly cursor?: string | undefined },
): Promise<{ deliveries: Delivery[]; nextCursor: string | null }> {
  const { triggerId, limit = PER_PAGE, cursor } = filter;
  const [, at, id] = cursor === undefined ? [] : readCursor(cursor, place);
  const rows = await executor
    .select({ delivery: webhookDeliveries, runStatus: routineRuns.status })
    .from(webhookDeliveries)
    .leftJoin(routineRuns, eq(routineRuns.id, webhookDeliveries.runId))
    .where(
      and(
        eq(webhookDeliveries.triggerId, triggerId),
        at === undefined || id === undefined ? undefined : before(new Date(at), id),
      ),
    )
    .orderBy(desc(webhookDeliveries.receivedAt), desc(webhookDeliveries.id))
    .limit(limit + 1);
  const shown = rows.slice(0, limit);
  const last = shown.at(-1)?.delivery;
  return {
    deliveries: shown.map(({ delivery: row, runStatus }) => ({
      id: row.id,
      receivedAt: row.receivedAt.toISOString(),
      test: row.test,
      outcome: row.outcome,
      httpStatus: row.httpStatus,
      code: row.code,
      reason: row.reason,
      bodyBytes: row.bodyBytes,
      sourceAddress: row.sourceAddress,
      previousKey: row.previousKey,
      runId: row.runId,
      runStatus,
    })),
    nextCursor: rows.length > limit && last ? writeCursor(["delivery", last.receivedAt.toISOString(), last.id]) : null,
  };
}

function before(at: Date, id: string) {
  const { receivedAt, id: column } = webhookDeliveries;
  return sql`(${receivedAt}, ${column}) < (${at.toISOString()}::timestamptz, ${id}::uuid)`;
}
