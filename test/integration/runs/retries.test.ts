import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { changeStatus, type StatusChange } from "../../../main/routines/definition.ts";
import { OPERATOR } from "../../../main/record/activity.ts";
import { claimRuns, type Ending, finishAttempt } from "../../../main/runs/claims.ts";
import { runDetailOf } from "../../../main/runs/records.ts";
import { retryRun } from "../../../main/runs/requests.ts";
import type { Worker } from "../../../main/runs/worker.ts";
import { processesOf, until } from "../../fixtures/runner.ts";
import { type RunWorld, runWorld } from "../../fixtures/runs.ts";

let world: RunWorld;
const workers: Worker[] = [];
const startWorker: RunWorld["worker"] = async (options) => {
  const worker = await world.worker(options);
  workers.push(worker);
  return worker;
};
beforeAll(async () => {
  world = await runWorld();
});
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.stop()));
});
afterAll(() => world.close());

const detailOf = (runId: string) => runDetailOf(world.database.orm, world.acme.id, runId);
const waitsAfter = (runId: string, attempts: number) =>
  until(async () => {
    const run = await detailOf(runId);
    return run.attempts === attempts && run.status === "queued";
  });
const become = async (runId: string, change: StatusChange): Promise<number> => {
  const { routineId } = await detailOf(runId);
  return changeStatus(world.database, {
    companyId: world.acme.id,
    routineId,
    change,
    actor: OPERATOR,
    now: world.clock.now(),
  });
};

const failed = (attemptId: string, ownerId: string): Ending => ({
  attemptId,
  ownerId,
  status: "failed",
  failure: null,
  pid: null,
  exitCode: 1,
  signal: null,
  leftProcesses: 0,
  log: null,
  given: null,
  retryAt: world.clock.now(),
});

describe("the wait between attempts", () => {
  it("is as the routine says: it grows by its factor up to its cap, and is spread by its jitter", async () => {
    await startWorker({ random: () => 1 });
    const retry = { maxAttempts: 4, backoffSeconds: 100, backoffFactor: 3, backoffCapSeconds: 400, jitter: 0.2 };
    const runId = await world.fire("exit 9", { retry });
    for (const [index, seconds] of [120, 360, 400].entries()) {
      await waitsAfter(runId, index + 1);
      const run = await detailOf(runId);
      const finishedAt = Date.parse(run.attemptList.at(-1)?.finishedAt ?? "");
      expect(Math.round((Date.parse(run.notBefore ?? "") - finishedAt) / 1_000)).toBe(seconds);
      world.clock.advance(seconds * 1_000 + 1_000);
    }
    await world.reaches(runId, "failed");
    expect(await detailOf(runId)).toMatchObject({ attempts: 4, maxAttempts: 4, noRetry: null });
  });

  it("outlasts the worker that began it, and is over once for two workers that find it due", async () => {
    const first = await startWorker();
    const runId = await world.fire("exit 9", { retry: { maxAttempts: 2, backoffSeconds: 3_600 } });
    await waitsAfter(runId, 1);
    await first.stop();
    world.clock.advance(3_700_000);
    const other = { ...world.paths, root: `${world.paths.root}-other` };
    await Promise.all([startWorker(), startWorker({ paths: other })]);
    await world.reaches(runId, "failed");
    expect((await detailOf(runId)).attemptList.map(({ attempt }) => attempt)).toEqual([1, 2]);
  });
});

describe("a routine that is paused or archived", () => {
  it.each([
    ["pause", "routine_paused"],
    ["archive", "routine_archived"],
  ] as const)("by %s ends what waits for its next attempt, with what the last one came to", async (change, why) => {
    await startWorker();
    const runId = await world.fire("exit 9", { retry: { maxAttempts: 3, backoffSeconds: 3_600 } });
    await waitsAfter(runId, 1);
    expect(await become(runId, change)).toBe(1);
    const run = await detailOf(runId);
    expect(run).toMatchObject({ status: "failed", noRetry: why, attempts: 1, maxAttempts: 3, notBefore: null });
    expect(run.completedAt).not.toBeNull();
    expect(await become(runId, change)).toBe(0);
    await become(runId, "resume");
    expect(await world.statusOf(runId)).toBe("failed");
  });

  it("is not run by hand either while it is archived", async () => {
    await startWorker();
    const runId = await world.fire("exit 9");
    await world.reaches(runId, "failed");
    await become(runId, "archive");
    const again = retryRun(world.database, { companyId: world.acme.id, runId }, world.clock.now());
    await expect(again).rejects.toMatchObject({ code: "routine_archived" });
  });

  it("tries nothing again whose attempt ends after that, and leaves what was asked for by hand", async () => {
    await startWorker();
    const retry = { maxAttempts: 3, backoffSeconds: 1 };
    const runId = await world.fire('while [ ! -e "$HOME/go-on" ]; do sleep 0.05; done; exit 9', { retry });
    await until(() => processesOf(runId).length > 0);
    expect(await become(runId, "pause")).toBe(0);
    await world.fire('touch "$HOME/go-on"');
    await world.reaches(runId, "failed");
    expect(await detailOf(runId)).toMatchObject({ attempts: 1, noRetry: "routine_paused" });

    await retryRun(world.database, { companyId: world.acme.id, runId }, world.clock.now());
    await until(async () => (await detailOf(runId)).attempts === 2 && (await world.statusOf(runId)) === "failed");
    expect((await detailOf(runId)).attemptList).toHaveLength(2);
  });

  it("has nothing waiting, however its pause meets the end of an attempt", async () => {
    const ownerId = randomUUID();
    const runIds: string[] = [];
    for (let count = 0; count < 25; count += 1) {
      runIds.push(await world.fire("true", { quietly: true, retry: { maxAttempts: 3 } }));
    }
    const request = { ownerId, now: world.clock.now(), limit: 100, ids: runIds, withSecrets: null };
    const claims = await claimRuns(world.database, request);
    expect(claims).toHaveLength(25);
    await Promise.all(
      claims.flatMap(({ attemptId, runId }) => [
        finishAttempt(world.database, failed(attemptId, ownerId), world.clock.now()),
        become(runId, "pause"),
      ]),
    );
    for (const runId of runIds) {
      expect(await detailOf(runId)).toMatchObject({ status: "failed", attempts: 1, noRetry: "routine_paused" });
    }
  });
});

describe("the limits of a routine", () => {
  it("end an attempt that takes too long, before the time-out of its agent", async () => {
    await startWorker();
    const runId = await world.fire("sleep 705", { limits: { timeoutSeconds: 1 }, timeoutSeconds: 600 });
    await world.reaches(runId, "timed_out");
    const run = await detailOf(runId);
    expect(run.failure?.message).toBe("The run took longer than the 1 s that its routine gives it and was ended.");
    expect(run).toMatchObject({ timeoutSeconds: 1, attemptList: [{ leftProcesses: 0 }] });
  });

  it("end a log, which says so, and do not end the run", async () => {
    const worker = await startWorker();
    const client = world.client(worker);
    const limits = { logLimitBytes: 1_048_576 };
    const runId = await world.fire("yes 'a line of output' | head -n 100000; exit 3", { limits });
    await world.reaches(runId, "failed");
    const [attempt] = (await detailOf(runId)).attemptList;
    expect(attempt).toMatchObject({ exitCode: 3 });
    expect(attempt?.log?.droppedBytes).toBeGreaterThan(500_000);
    const { lines } = await client.logs({ company: world.acme.id, run: runId });
    expect(lines.at(-1)).toMatchObject({
      stream: "system",
      text: "The log has reached its limit of 1 MiB. What is printed from here on is counted and not kept.",
    });
  });
});
