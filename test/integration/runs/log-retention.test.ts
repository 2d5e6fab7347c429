import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { findAttemptLog } from "../../../main/runs/attempt-log.ts";
import { startLogRetention } from "../../../main/runs/log-retention.ts";
import { runDetailOf } from "../../../main/runs/records.ts";
import { silentLog } from "../../fixtures/runner.ts";
import { type RunWorld, runWorld } from "../../fixtures/runs.ts";

let world: RunWorld;
beforeAll(async () => {
  world = await runWorld();
});
afterAll(() => world.close());
beforeEach(() => world.database.pool.query("delete from routine_runs"));

const DAY_MS = 86_400_000;
const policy = { days: 0, totalBytes: 0 };
const retention = (days: number, totalBytes: number) => {
  Object.assign(policy, { days, totalBytes });
  return startLogRetention({
    database: world.database,
    paths: world.paths,
    clock: world.clock,
    log: silentLog,
    policy: () => policy,
    automatic: false,
  });
};

/** A run whose attempt ended so many days ago, with a log of so many bytes. */
async function aRun(daysAgo: number, bytes: number, status = "failed"): Promise<{ runId: string; file: string }> {
  const runId = await world.fire("true", { quietly: true });
  const finishedAt = new Date(world.clock.now().getTime() - daysAgo * DAY_MS);
  const logPath = `${finishedAt.toISOString().slice(0, 10)}/${randomUUID()}.log`;
  const file = path.join(world.paths.runLogs, logPath);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, "x".repeat(bytes));
  await world.database.pool.query("update routine_runs set status = $2, attempts = 1 where id = $1", [runId, status]);
  await world.database.pool.query(
    `insert into heartbeat_runs (id, company_id, routine_run_id, attempt, status, started_at, finished_at, log_path,
       log_bytes, log_lines, log_sha256, log_excerpt)
     values (gen_random_uuid(), $1, $2, 1, 'failed', $3, $3, $4, $5, 1, 'the hash', 'the end')`,
    [world.acme.id, runId, finishedAt, logPath, bytes],
  );
  return { runId, file };
}

const logOf = async (runId: string) =>
  (await runDetailOf(world.database.orm, world.acme.id, runId)).attemptList.at(-1)?.log;

describe("retention of logs", () => {
  it("says what would go, by age first and then by size, and removes just that", async () => {
    const old = await aRun(40, 1_000);
    const middle = await aRun(20, 3_000);
    const recent = await aRun(1, 2_000);
    const { plan, prune } = retention(30, 4_000);
    expect(await plan({})).toEqual({
      all: { logs: 3, bytes: 6_000 },
      byAge: { logs: 1, bytes: 1_000 },
      bySize: { logs: 1, bytes: 3_000 },
    });
    expect(await plan({ days: 0, totalBytes: 0 })).toMatchObject({ byAge: { logs: 0 }, bySize: { logs: 0 } });
    expect([old, middle, recent].map(({ file }) => existsSync(file))).toEqual([true, true, true]);

    expect(await prune()).toEqual({ logs: 2, bytes: 4_000 });
    expect([old, middle, recent].map(({ file }) => existsSync(file))).toEqual([false, false, true]);
    expect(await prune()).toEqual({ logs: 0, bytes: 0 });
    const kept = { bytes: 1_000, lines: 1, sha256: "the hash", excerpt: "the end" };
    expect(await logOf(old.runId)).toMatchObject({ ...kept, removedFor: "age" });
    expect(await logOf(middle.runId)).toMatchObject({ removedFor: "size" });
    expect(await logOf(recent.runId)).toMatchObject({ removedAt: null, removedFor: null });
    const day = (await logOf(old.runId))?.removedAt?.slice(0, 10);
    await expect(findAttemptLog(world.database.orm, world.paths, old.runId, 1)).rejects.toMatchObject({
      code: "log_missing",
      message: `The log was removed on ${day} by retention.`,
    });
    expect(readdirSync(world.paths.runLogs)).toEqual([path.basename(path.dirname(recent.file))]);
  });

  it("never takes the log of a run that goes on or waits for a further attempt", async () => {
    const runs = [await aRun(400, 1_000, "running"), await aRun(400, 1_000, "queued")];
    expect(await retention(1, 1).prune()).toEqual({ logs: 0, bytes: 0 });
    expect(runs.every(({ file }) => existsSync(file))).toBe(true);
  });

  it("finishes what a kill left between the row and the file, whichever was done", async () => {
    const fileStays = await aRun(40, 1_000);
    const fileGone = await aRun(40, 1_000);
    await world.database.pool.query("update heartbeat_runs set log_removed_at = now(), log_removed_for = 'age'");

    rmSync(fileGone.file);
    await expect(findAttemptLog(world.database.orm, world.paths, fileStays.runId, 1)).rejects.toMatchObject({
      code: "log_missing",
    });
    expect(await retention(0, 0).prune()).toEqual({ logs: 0, bytes: 0 });
    expect(existsSync(fileStays.file)).toBe(false);
    const { rows } = await world.database.pool.query("select log_path from heartbeat_runs");
    expect(rows).toEqual([{ log_path: null }, { log_path: null }]);
  });

  it("takes a file that is gone for removed, and leaves it to another instance on the database whose it may be", async () => {
    const here = await aRun(40, 1_000);
    const gone = await aRun(40, 2_000);

    rmSync(gone.file);
    const elsewhere = randomUUID();
    await world.database.pool.query(
      `insert into owners (id, instance_id, instance_root, hostname, pid, kind, seen_at)
       values ($1, 'else', '/elsewhere', 'elsewhere', 1, 'serve', $2)`,
      [elsewhere, world.clock.now()],
    );
    expect(await retention(30, 0).prune()).toEqual({ logs: 1, bytes: 1_000 });
    expect(existsSync(here.file)).toBe(false);
    expect(await logOf(gone.runId)).toMatchObject({ removedAt: null });
    await world.database.pool.query("delete from owners where id = $1", [elsewhere]);
    expect(await retention(30, 0).prune()).toEqual({ logs: 1, bytes: 2_000 });
  });

  it("leaves a run without its log to be followed to its end", async () => {
    const { runId } = await aRun(40, 1_000);
    await retention(30, 0).prune();
    const client = world.client(await world.worker({ scope: "asked" }));
    const seen: string[] = [];
    for await (const event of await client.follow({ company: world.acme.id, run: runId })) seen.push(event.type);
    expect(seen.at(-1)).toBe("end");
    expect(seen).not.toContain("lines");
  });

  it("is recorded once per company, with count and bytes", async () => {
    await world.database.pool.query("delete from activity_log where action = 'run.logs_removed'");
    await aRun(40, 1_000);
    await aRun(50, 500);
    await retention(30, 0).prune();
    const { rows } = await world.database.pool.query(
      "select actor_type, details from activity_log where action = 'run.logs_removed'",
    );
    expect(rows).toEqual([{ actor_type: "system", details: { logs: 2, bytes: 1_500 } }]);
  });
});
