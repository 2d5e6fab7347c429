import { randomUUID } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { RunDetail } from "../../../preload/contract/runs.ts";
import { setSecretStatus } from "../../../main/secrets/store.ts";
import { runDetailOf } from "../../../main/runs/records.ts";
import type { Worker } from "../../../main/runs/worker.ts";
import { fileKeyPlace } from "../../../main/secrets/file-key-place.ts";
import { openVault } from "../../../main/secrets/vault.ts";
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

const detailOf = (runId: string): Promise<RunDetail> => runDetailOf(world.database.orm, world.acme.id, runId);
const finished = async (worker: Worker, runId: string): Promise<RunDetail> => {
  worker.accept(runId);
  await worker.idle();
  return detailOf(runId);
};
const logOf = async (runId: string): Promise<string> => {
  const { rows } = await world.database.pool.query<{ log_path: string }>(
    "select log_path from heartbeat_runs where routine_run_id = $1 order by attempt desc limit 1",
    [runId],
  );
  return readFileSync(path.join(world.paths.runLogs, rows[0]?.log_path ?? ""), "utf8");
};

/** Another vault on the database, whose key is not there, and the place where it would be. */
async function lockedVault(name: string) {
  const folder = path.join(world.runner.directory, name);
  const place = fileKeyPlace({
    secretsDirectory: folder,
    keyFile: path.join(folder, "master.key"),
    keyFileIsDefault: true,
  });
  const vault = await openVault({ database: world.database, clock: world.clock, place });
  expect(vault.state()).toBe("locked");
  return { vault, place };
}

describe("worker", () => {
  it("whose vault is locked leaves runs with secrets to other owners, unless it was asked for them", async () => {
    const { vault } = await lockedVault("another");
    await world.secret(world.acme, "for-others", `canary-${randomUUID()}`);
    const env = { GH_TOKEN: { type: "secret_ref", secret: "for-others" } } as const;
    const [left, plain, asked] = [
      await world.fire("true", { env, quietly: true }),
      await world.fire("true", { quietly: true }),
      await world.fire("true", { env, quietly: true }),
    ];
    const locked = await startWorker({ vault });
    expect(await finished(locked, asked)).toMatchObject({ status: "failed", failure: { code: "vault_locked" } });
    await world.reaches(plain, "succeeded");
    expect(await world.statusOf(left)).toBe("queued");
    expect(await finished(await startWorker(), left)).toMatchObject({ status: "succeeded" });
  });

  it("runs what waited for a locked vault as soon as that opens", async () => {
    const { vault, place } = await lockedVault("a third");
    await world.secret(world.acme, "waited-for", `canary-${randomUUID()}`);
    const env = { GH_TOKEN: { type: "secret_ref", secret: "waited-for" } } as const;
    const [waits, plain] = [
      await world.fire("true", { env, quietly: true }),
      await world.fire("true", { quietly: true }),
    ];
    await startWorker({ vault });
    await world.reaches(plain, "succeeded");
    expect(await world.statusOf(waits)).toBe("queued");
    await place.put(world.vault.keys().master, world.clock.now());
    await vault.reload();
    await world.reaches(waits, "succeeded");
  });

  it("runs a queued routine to its end with its secret, and writes down what happened without the value", async () => {
    const value = `canary-${randomUUID()}`;
    await world.secret(world.acme, "gh-main", value);
    const runId = await world.fire('cat; echo "got $GH_TOKEN"; printf %s "$GH_TOKEN" | base64 >&2', {
      instructions: "Do the work.\n",
      env: { GH_TOKEN: { type: "secret_ref", secret: "gh-main" }, MODE: "fast" },
    });
    const run = await finished(await startWorker(), runId);
    expect(run).toMatchObject({ status: "succeeded", exitCode: 0, failure: null, attempts: 1, notBefore: null });
    expect(run.manifest).toContainEqual({
      key: "GH_TOKEN",
      layer: "routine",
      source: "secret",
      secretId: expect.any(String),
      secretKey: "gh-main",
      version: 1,
      provider: "local_encrypted",
      outcome: "success",
      maskHits: 2,
    });
    expect(run.sheetHash).toMatch(/^[0-9a-f]{64}$/);
    const [attempt] = run.attemptList;
    expect(attempt).toMatchObject({ attempt: 1, status: "succeeded", exitCode: 0, leftProcesses: 0 });
    expect(attempt?.log).toMatchObject({ lines: 3, droppedBytes: 0, maskHits: 2 });
    expect(attempt?.log?.excerpt.split("\n").toSorted()).toEqual(["***", "Do the work.", "got ***"]);
    expect(await logOf(runId)).not.toContain(value);
    const { rows } = await world.database.pool.query("select * from routine_runs, heartbeat_runs");
    expect(JSON.stringify(rows)).not.toContain(value);
    const file = path.join(world.paths.runLogs, readdirSync(world.paths.runLogs)[0] ?? "");
    expect(statSync(file).mode & 0o077).toBe(0);
  });

  it.runIf(process.platform === "linux")("gives the process the base, the manifest and nothing else", async () => {
    await world.secret(world.acme, "env-secret", "a-value-to-hand-over");
    const runId = await world.fire("tr '\\0' '\\n' < /proc/self/environ | cut -d= -f1", {
      command: ["/bin/sh", "-c", "exec cat /proc/self/environ | tr '\\0' '\\n' | cut -d= -f1"],
      env: { TOKEN: { type: "secret_ref", secret: "env-secret" }, PLAIN: "1" },
    });
    const run = await finished(await startWorker(), runId);
    const names = run.attemptList[0]?.log?.excerpt.split("\n").toSorted();
    const given = ["HOME", "PATH", ...run.manifest.map(({ key }) => key)];
    expect(names).toEqual([...given, "PWD"].toSorted());
  });

  it("hands instructions and payload over as private files, which are gone afterwards", async () => {
    const script = 'stat -c %a "$1" "$PAPERCLIP_PAYLOAD_FILE"; cat "$1"; cat "$PAPERCLIP_PAYLOAD_FILE"; echo "$1"';
    const runId = await world.fire("", {
      command: ["/bin/sh", "-c", script, "sh", "{file}"],
      via: "file",
      instructions: "From a file.\n",
      payload: { issue: "ABC-1" },
    });
    const run = await finished(await startWorker(), runId);
    const lines = run.attemptList[0]?.log?.excerpt.split("\n") ?? [];
    expect(lines.slice(0, 3)).toEqual(["600", "600", "From a file."]);
    expect(lines[3]).toMatch(/^\{"issue":"ABC-1"\}/);
    expect(existsSync(lines[3]?.replace('{"issue":"ABC-1"}', "") ?? "")).toBe(false);
    expect(readdirSync(path.join(world.paths.root, "tmp"))).toEqual([]);
  });

  it("says how a run failed", async () => {
    const worker = await startWorker();
    const exit = await finished(worker, await world.fire("echo no >&2; exit 3"));
    expect(exit).toMatchObject({ status: "failed", exitCode: 3, failure: { code: "exit_code" } });
    const signal = await finished(worker, await world.fire("kill -SEGV $$"));
    expect(signal).toMatchObject({ status: "failed", exitCode: null, failure: { code: "signal" } });
    const missing = await finished(worker, await world.fire("", { command: ["no-such-command-anywhere"] }));
    expect(missing).toMatchObject({ status: "failed", failure: { code: "command_missing" } });
    expect(missing.failure?.next).toContain("Install");
    const late = await finished(worker, await world.fire("sleep 600", { timeoutSeconds: 1 }));
    expect(late).toMatchObject({ status: "timed_out", failure: { code: "timed_out" } });
    expect(late.attemptList[0]).toMatchObject({ signal: "SIGTERM", leftProcesses: 0 });
  });

  it("refuses a run whose secret is disabled before any process starts, naming layer, key and secret", async () => {
    await world.secret(world.acme, "revoked", "a-revoked-value");
    const marker = path.join(world.runner.directory, "must-not-exist");
    const runId = await world.fire(`touch ${marker}`, { env: { TOKEN: { type: "secret_ref", secret: "revoked" } } });
    await setSecretStatus(world.services, { companyId: world.acme.id, secret: "revoked", status: "disabled" });
    const run = await finished(await startWorker(), runId);
    expect(run).toMatchObject({
      status: "failed",
      exitCode: null,
      failure: { code: "secret_inactive", layer: "routine", key: "TOKEN", secretKey: "revoked" },
    });
    expect(run.manifest).toContainEqual(expect.objectContaining({ key: "TOKEN", outcome: "failure" }));
    expect(existsSync(marker)).toBe(false);
  });

  it("never lets instructions become an option", async () => {
    const runId = await world.fire("", {
      command: ["/bin/echo", "{instructions}"],
      via: "argument",
      instructions: "-n x",
    });
    const run = await finished(await startWorker(), runId);
    expect(run).toMatchObject({ status: "failed", failure: { code: "adapter_invalid" } });
  });

  it("tries again after a back-off that doubles, each attempt its own row", async () => {
    const worker = await startWorker();
    const runId = await world.fire("exit 9", { retry: { maxAttempts: 3, backoffSeconds: 100 } });
    const waitsFor = async (attempts: number, seconds: number) => {
      await until(async () => {
        const { rows } = await world.database.pool.query<{ attempts: number; status: string }>(
          "select attempts, status from routine_runs where id = $1",
          [runId],
        );
        return rows[0]?.attempts === attempts && rows[0].status === "queued";
      });
      const run = await detailOf(runId);
      expect(run).toMatchObject({ failure: { code: "exit_code" }, completedAt: null });
      const wait = Date.parse(run.notBefore ?? "") - Date.parse(run.attemptList.at(-1)?.finishedAt ?? "");
      expect(Math.round(wait / 1_000)).toBe(seconds);
    };
    await waitsFor(1, 100);
    world.clock.advance(101_000);
    await waitsFor(2, 200);
    world.clock.advance(150_000);
    expect(await world.statusOf(runId)).toBe("queued");
    world.clock.advance(51_000);
    worker.accept(runId);
    await worker.idle();
    const run = await detailOf(runId);
    expect(run).toMatchObject({ status: "failed", attempts: 3, notBefore: null });
    expect(run.attemptList.map(({ attempt, status }) => [attempt, status])).toEqual([
      [1, "failed"],
      [2, "failed"],
      [3, "failed"],
    ]);
  });

  it("runs as many at once as the settings say, and each run once, with two workers on one queue", async () => {
    const out = path.join(world.runner.directory, "claimed");
    const runIds: string[] = [];
    for (let count = 0; count < 12; count += 1) {
      runIds.push(await world.fire(`echo "$PAPERCLIP_RUN_ID" >> ${out}`, { quietly: true }));
    }
    // Two instances on one database: neither takes the other for a dead predecessor.
    const other = { ...world.paths, root: `${world.paths.root}-other` };
    const [one, two] = await Promise.all([
      startWorker({ concurrency: 2 }),
      startWorker({ concurrency: 2, paths: other }),
    ]);
    for (const runId of runIds) one.accept(runId);
    await one.idle();
    await two.idle();
    expect(readFileSync(out, "utf8").trim().split("\n").toSorted()).toEqual(runIds.toSorted());
    const { rows } = await world.database.pool.query(
      "select count(*)::int as count from heartbeat_runs where routine_run_id = any ($1)",
      [runIds],
    );
    expect(rows[0]).toEqual({ count: 12 });
  });

  it("runs only what it was asked for in a command", async () => {
    const worker = await startWorker({ scope: "asked", kind: "command" });
    const bystander = await world.fire("true", { quietly: true });
    const asked = await world.fire("true");
    await worker.idle();
    expect(await world.statusOf(asked)).toBe("succeeded");
    expect(await world.statusOf(bystander)).toBe("queued");
    await worker.stop();
    await finished(await startWorker(), bystander);
  });

  it("keeps nobody waiting for a retry that it will not make any more", async () => {
    const worker = await startWorker();
    const runId = await world.fire("exit 3", { retry: { maxAttempts: 2, backoffSeconds: 3600 } });
    await until(async () => (await detailOf(runId)).attemptList[0]?.status === "failed");
    const idle = worker.idle();
    // Enough round trips for it to have looked, and to wait now.
    for (let trip = 0; trip < 5; trip += 1) await detailOf(runId);
    await worker.stop();
    await idle;
    expect(await world.statusOf(runId)).toBe("queued");
  });

  it("ends its runs when it is stopped, and says why", async () => {
    const worker = await startWorker();
    const runId = await world.fire("sleep 700");
    await until(() => processesOf(runId).length > 0);
    await worker.stop();
    const run = await detailOf(runId);
    expect(run).toMatchObject({ status: "interrupted", failure: { code: "owner_stopped" } });
    expect(run.attemptList[0]).toMatchObject({ leftProcesses: 0, signal: "SIGTERM" });
    expect(processesOf(runId)).toEqual([]);
  });

  it.runIf(process.platform === "linux")("interrupts its runs when the runner is killed, and goes on", async () => {
    const worker = await startWorker();
    const runId = await world.fire("echo begun; setsid sleep 701 & sleep 702");
    const safe = await world.fire('test -e "$HOME/second" || { touch "$HOME/second"; sleep 703; }', {
      retry: { onInterruption: true },
    });
    const failing = await world.fire('test -e "$HOME/failing" && exit 4; touch "$HOME/failing"; sleep 703', {
      retry: { onInterruption: true },
    });
    await until(() => processesOf(runId).length >= 3);
    // What they do at first only is done.
    await until(() => ["second", "failing"].every((name) => existsSync(path.join(world.runner.directory, name))));
    await until(async () => (await logOf(runId).catch(() => "")).includes("begun"));
    process.kill(world.runner.pid(), "SIGKILL");
    await world.reaches(runId, "interrupted");
    const run = await detailOf(runId);
    expect(run).toMatchObject({ failure: { code: "runner_died" }, attempts: 1 });
    expect(run.attemptList[0]).toMatchObject({ leftProcesses: 0, log: { excerpt: "begun", lines: 1 } });
    expect(processesOf(runId)).toEqual([]);
    await worker.idle();
    await world.reaches(safe, "succeeded");
    expect((await detailOf(safe)).attemptList.map(({ status }) => status)).toEqual(["interrupted", "succeeded"]);
    // The further attempt is for the interruption alone: one that fails by itself is not tried again.
    await world.reaches(failing, "failed");
    expect(await detailOf(failing)).toMatchObject({ attempts: 2, maxAttempts: 2, failure: { code: "exit_code" } });
  });

  it.runIf(process.platform === "linux")("ends what a dead owner left, and calls its runs interrupted", async () => {
    const { pool } = world.database;
    const dead = randomUUID();
    const strangers = randomUUID();
    await pool.query(
      `insert into owners (id, instance_id, instance_root, hostname, pid, kind, seen_at)
       values ($1, 'test', $2, $3, 1, 'serve', now()), ($4, 'else', '/elsewhere', 'elsewhere', 1, 'serve', $5)`,
      [dead, world.paths.root, os.hostname(), strangers, world.clock.now()],
    );
    const runIds: string[] = [];
    for (const owner of [dead, dead, strangers]) {
      const runId = await world.fire("true", {
        quietly: true,
        retry: { maxAttempts: 2, onInterruption: runIds.length === 1 },
      });
      runIds.push(runId);
      await pool.query("update routine_runs set status = 'running', claimed_by = $2, attempts = 1 where id = $1", [
        runId,
        owner,
      ]);
      await pool.query(
        `insert into heartbeat_runs (id, company_id, routine_run_id, attempt, status, claimed_by)
         values (gen_random_uuid(), $1, $2, 1, 'running', $3)`,
        [world.acme.id, runId, owner],
      );
    }
    const [gone = "", safe = "", elsewhere = ""] = runIds;
    const left = world.runner.script("setsid sleep 704", { runId: gone });
    const leftover = world.runner.client.execute(left);
    await until(() => processesOf(gone).length > 0);

    const worker = await startWorker();
    expect((await leftover)?.signal).toBe("SIGTERM");
    expect(processesOf(gone)).toEqual([]);
    expect(await detailOf(gone)).toMatchObject({ status: "interrupted", failure: { code: "interrupted" } });
    await finished(worker, safe);
    expect((await detailOf(safe)).attemptList.map(({ status }) => status)).toEqual(["interrupted", "succeeded"]);
    expect(await world.statusOf(elsewhere)).toBe("running");
    await worker.stop();

    world.clock.advance(61_000);
    await startWorker();
    expect(await world.statusOf(elsewhere)).toBe("interrupted");
    const { rows } = await pool.query("select count(*)::int as count from owners where id = any ($1)", [
      [dead, strangers],
    ]);
    expect(rows[0]).toEqual({ count: 0 });
  });
});
