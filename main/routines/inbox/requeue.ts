import { eq } from "drizzle-orm";
import { systemCode } from "../../contract/refusal.ts";
import type { Executor } from "../../database/database.ts";
import { routineRuns } from "../../database/schema/runs.ts";
import { activeRun, type Dispatched } from "../dispatch.ts";
import { lostTo } from "../give-way.ts";
import type { RoutineRow } from "../snapshot.ts";

const ROUNDS = 10;
/** The database's code for a row that a unique index refuses. */
const UNIQUE_VIOLATION = "23505";

/**
 * Queues a whole run that is held and locked, with the sheet that it was pinned to. Where the same work is active by now, it
 * gives way as any other firing of its routine.
 */
export async function requeue(
  tx: Executor,
  routine: RoutineRow,
  runId: string,
  { now, notBefore }: { readonly now: Date; readonly notBefore: Date | null },
): Promise<Dispatched> {
  const [row] = await tx.select().from(routineRuns).where(eq(routineRuns.id, runId));
  if (!row) throw new Error(`the held run ${runId} is locked and not there`);
  for (let round = 0; round < ROUNDS; round += 1) {
    const active = row.exclusive ? await activeRun(tx, row) : null;
    if (active) {
      const lost = lostTo(routine, active);
      await tx
        .update(routineRuns)
        .set({ ...lost, completedAt: now, updatedAt: now })
        .where(eq(routineRuns.id, runId));
      return { runId, status: lost.status, queuedRunId: null, repeated: false };
    }
    if (await queue(tx, runId, now, notBefore)) {
      return { runId, status: "queued", queuedRunId: runId, repeated: false };
    }
  }
  throw new Error(`the active run of a fingerprint came and went ${ROUNDS} times`);
}

/** False where a run of the same work became active in between: one that is retried is not stopped by the lock on its routine. */
async function queue(tx: Executor, runId: string, now: Date, notBefore: Date | null): Promise<boolean> {
  try {
    await tx.transaction((within) =>
      within
        .update(routineRuns)
        .set({ status: "queued", queuedAt: now, notBefore, updatedAt: now })
        .where(eq(routineRuns.id, runId)),
    );
    return true;
  } catch (error) {
    const code = systemCode(error) ?? systemCode(error instanceof Error ? error.cause : null);
    if (code !== UNIQUE_VIOLATION) throw error;
    return false;
  }
}
