import { randomUUID } from "node:crypto";
import os from "node:os";
import { desc, eq, isNull, lte } from "drizzle-orm";
import type { Database, Executor } from "../../database/database.ts";
import { schedulerCoverage } from "../../database/schema/runs.ts";

export type EndOfStretch = NonNullable<(typeof schedulerCoverage.$inferSelect)["endedBy"]>;

/** The stretch in which this scheduler is awake. */
export interface Coverage {
  /** Says that it is awake still. */
  reach(now: Date): Promise<void>;
  /** Ends the stretch at `until` and begins another one now. */
  interrupt(until: Date, now: Date, why: EndOfStretch): Promise<void>;
  end(now: Date): Promise<void>;
}

/** Begins a stretch. One that another process left open is `lost`: it ended without a word. */
export async function beginCoverage(database: Database, instanceRoot: string, now: Date): Promise<Coverage> {
  const { orm } = database;
  let id = "";
  const begin = async (executor: Executor, at: Date) => {
    id = randomUUID();
    const place = { instanceRoot, hostname: os.hostname(), pid: process.pid };
    await executor.insert(schedulerCoverage).values({ id, ...place, beganAt: at, coveredUntil: at });
  };
  const finish = (executor: Executor, coveredUntil: Date, endedBy: EndOfStretch) =>
    executor.update(schedulerCoverage).set({ coveredUntil, endedBy }).where(eq(schedulerCoverage.id, id));
  await orm.transaction(async (tx) => {
    await tx.update(schedulerCoverage).set({ endedBy: "lost" }).where(isNull(schedulerCoverage.endedBy));
    await begin(tx, now);
  });
  return {
    reach: async (at) => {
      await orm.update(schedulerCoverage).set({ coveredUntil: at }).where(eq(schedulerCoverage.id, id));
    },
    interrupt: (until, at, why) =>
      orm.transaction(async (tx) => {
        await finish(tx, until, why);
        await begin(tx, at);
      }),
    end: async (at) => {
      await finish(orm, at, "stopped");
    },
  };
}

/** Why nobody looked at a slot of that instant, as it goes on behind a colon. */
export async function absenceAt(executor: Executor, at: Date): Promise<string> {
  const [before] = await executor
    .select()
    .from(schedulerCoverage)
    .where(lte(schedulerCoverage.beganAt, at))
    .orderBy(desc(schedulerCoverage.beganAt))
    .limit(1);
  if (!before) return "no scheduler was running";
  if (before.coveredUntil >= at) return "the scheduler was late";
  return whyEnded(before.endedBy);
}

/** Why a stretch ended, in the words of `absenceAt`. One that never said so was cut off. */
export function whyEnded(endedBy: EndOfStretch | null): string {
  return WORDS[endedBy ?? "lost"];
}

const WORDS: Readonly<Record<EndOfStretch, string>> = {
  stopped: "the app was closed",
  slept: "the machine was asleep, or its clock was put forward",
  clock_back: "the clock was put back",
  restored: "the database was put back to an earlier state",
  lost: "the app had ended unexpectedly, or was cut off from its database",
};
