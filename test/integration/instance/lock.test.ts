import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { acquireOwnership, findOwner } from "../../../main/instance/lock.ts";
import { ownIdentity } from "../../../main/instance/process-identity.ts";
import { refusalOf } from "../../fixtures/conditions.ts";
import { temporaryIn, testHome, type TestHome } from "../../fixtures/home.ts";
import { startZombie } from "../../fixtures/zombie.ts";
import { bundledWorkers, type Worker, type Workers } from "../../fixtures/workers/worker.ts";

interface Outcome {
  readonly won: boolean;
  readonly code?: string;
  readonly ownerId?: string;
  readonly runtimeDirectory?: string;
}

let workers: Workers;
let home: TestHome;
beforeAll(async () => {
  workers = await bundledWorkers("own-instance");
});
afterAll(() => workers.remove());
beforeEach(async () => {
  home = await testHome();
});
afterEach(() => home.remove());

const lockText = () => readFile(home.paths.lock, "utf8");
const lockRecord = async () => JSON.parse(await lockText()) as Record<string, unknown>;
const entries = () => readdir(home.paths.root);
const isThere = async (entry: string) => (await readdir(path.dirname(entry))).includes(path.basename(entry));

async function prepared(listen: boolean, waitMs = 0): Promise<Worker> {
  const args = [home.paths.home, listen ? "listen" : "silent", String(waitMs)];
  const worker = workers.start(args, temporaryIn(home));
  await worker.message();
  return worker;
}

async function own(listen: boolean, waitMs = 0): Promise<{ worker: Worker; outcome: Outcome }> {
  const worker = await prepared(listen, waitMs);
  worker.say("go");
  return { worker, outcome: await worker.message<Outcome>() };
}

/** A lock as an owner left it, with some of it changed. */
async function plantLock(changes: Record<string, unknown>): Promise<void> {
  const owner = await acquireOwnership(home.paths, { kind: "window" });
  const record = { ...(await lockRecord()), ...changes };
  await owner.release();
  await writeFile(home.paths.lock, JSON.stringify(record));
}

describe("the owner of an instance", () => {
  test("is one, until it gives the instance back", async () => {
    const owner = await acquireOwnership(home.paths, { kind: "window" });
    const refusal = await refusalOf(acquireOwnership(home.paths, { kind: "serve", waitMs: 0 }));
    expect(refusal.code).toBe("instance_owned");
    expect(refusal.message).toContain(String(process.pid));
    await owner.release();
    await owner.release();
    expect(await entries()).toEqual([]);
    expect(await isThere(owner.runtimeDirectory)).toBe(false);
    const next = await acquireOwnership(home.paths, { kind: "serve", waitMs: 0 });
    expect(next.ownerId).not.toBe(owner.ownerId);
    await next.release();
  });

  test("has a private runtime directory with a short path, and a private lock", async () => {
    const before = process.umask(0);
    try {
      const owner = await acquireOwnership(home.paths, { kind: "window" });
      const modes = await Promise.all(
        [owner.runtimeDirectory, home.paths.root, home.paths.lock].map(
          async (entry) => (await stat(entry)).mode & 0o777,
        ),
      );
      expect(modes).toEqual([0o700, 0o700, 0o600]);
      expect(Buffer.byteLength(owner.socketPath)).toBeLessThanOrEqual(100);
      await owner.release();
    } finally {
      process.umask(before);
    }
  });

  test("is found by who wants to talk to it, whatever their environment", async () => {
    const { worker, outcome } = await own(true);
    expect(outcome.won).toBe(true);
    expect(await findOwner(home.paths)).toEqual({
      state: "live",
      socketPath: path.join(outcome.runtimeDirectory ?? "", "control.sock"),
      pid: worker.pid,
      kind: "command",
    });
    worker.say("release");
    await worker.message();
    expect(await findOwner(home.paths)).toEqual({ state: "none" });
  });

  test("that is still starting is waited for", async () => {
    const owner = await acquireOwnership(home.paths, { kind: "window" });
    const found = findOwner(home.paths, { waitMs: 60_000 });
    const server = net.createServer((socket) => socket.destroy()).listen(owner.socketPath);
    expect(await found).toMatchObject({ state: "live", pid: process.pid });
    server.close();
    await owner.release();
  });

  test("that lives but never answers is neither used nor replaced", async () => {
    const { worker, outcome } = await own(false);
    expect(outcome.won).toBe(true);
    expect(await findOwner(home.paths, { waitMs: 50 })).toMatchObject({ state: "unjudgeable" });
    const refusal = await refusalOf(acquireOwnership(home.paths, { kind: "window", waitMs: 50 }));
    expect(refusal.code).toBe("instance_owned");
    expect((await lockRecord())["ownerId"]).toBe(outcome.ownerId);
    await worker.kill();
  });

  test("that was killed is replaced, and what it left is cleared away", async () => {
    const { worker, outcome } = await own(true);
    await worker.kill();
    expect(await findOwner(home.paths)).toEqual({ state: "none" });
    const next = await acquireOwnership(home.paths, { kind: "window" });
    expect(await isThere(outcome.runtimeDirectory ?? "")).toBe(false);
    expect(await entries()).toEqual(["owner.lock"]);
    await next.release();
  });

  test("is not a program that has its pid now", async () => {
    const stranger = spawn("sleep", ["1000"]);
    await plantLock({ pid: stranger.pid, startTime: "1" });
    const next = await acquireOwnership(home.paths, { kind: "window", waitMs: 0 });
    await next.release();
    stranger.kill();
  });

  test("is not a zombie", async () => {
    const zombie = await startZombie();
    await plantLock({ pid: zombie.pid, startTime: null });
    const next = await acquireOwnership(home.paths, { kind: "window", waitMs: 0 });
    await next.release();
    zombie.end();
  });

  test("ended with the machine's last boot", async () => {
    await plantLock({ bootId: "00000000-0000-0000-0000-000000000000" });
    const next = await acquireOwnership(home.paths, { kind: "window", waitMs: 0 });
    await next.release();
  });

  test.each([
    ["another container", { pidNamespace: "pid:[1]", hostname: "container-1" }, "container-1"],
    ["another machine", { bootId: "other", hostname: "machine-2" }, "machine-2"],
  ])("in %s is never overrun", async (_, changes, names) => {
    await plantLock(changes);
    const before = await lockText();
    const refusal = await refusalOf(acquireOwnership(home.paths, { kind: "window" }));
    expect(refusal.code).toBe("instance_unjudgeable");
    expect(refusal.message).toContain(names);
    expect(refusal.next).toContain(home.paths.lock);
    expect(await findOwner(home.paths)).toMatchObject({ state: "unjudgeable" });
    expect(await lockText()).toBe(before);
  });

  test("in another container is found where its socket answers", async () => {
    const { worker, outcome } = await own(true);
    const record = { ...(await lockRecord()), pidNamespace: "pid:[1]" };
    await writeFile(home.paths.lock, JSON.stringify(record));
    expect(await findOwner(home.paths)).toMatchObject({ state: "live", pid: worker.pid });
    expect((await refusalOf(acquireOwnership(home.paths, { kind: "window" }))).code).toBe("instance_owned");
    expect(outcome.won).toBe(true);
    await worker.kill();
  });

  test("is not believed from a socket that others could have made", async () => {
    const open = path.join(home.base, "open");
    await mkdir(open);
    await chmod(open, 0o755);
    const server = net.createServer().listen(path.join(open, "control.sock"));
    await once(server, "listening");
    await plantLock({ socketPath: path.join(open, "control.sock"), pid: 2 ** 22 + 1 });
    expect(await findOwner(home.paths)).toEqual({ state: "none" });
    server.close();
  });

  test("cannot be told from a lock that cannot be read", async () => {
    await mkdir(home.paths.root, { recursive: true });
    await writeFile(home.paths.lock, "{");
    expect((await refusalOf(acquireOwnership(home.paths, { kind: "window" }))).code).toBe("instance_unjudgeable");
    expect(await lockText()).toBe("{");
  });
});

describe("of many starters at once", () => {
  const racers = 8;

  async function race(listen: boolean): Promise<void> {
    const ready = await Promise.all(Array.from({ length: racers }, () => prepared(listen)));
    for (const worker of ready) worker.say("go");
    const outcomes = await Promise.all(ready.map((worker) => worker.message<Outcome>()));
    const winners = outcomes.filter(({ won }) => won);
    expect(winners).toHaveLength(1);
    expect(new Set(outcomes.filter(({ won }) => !won).map(({ code }) => code))).toEqual(new Set(["instance_owned"]));
    expect((await lockRecord())["ownerId"]).toBe(winners[0]?.ownerId);
    expect(await entries()).toEqual(["owner.lock"]);
    await Promise.all(ready.map((worker) => worker.kill()));
  }

  test("exactly one wins a free instance", () => race(true));

  test("exactly one wins over a dead owner, again and again", async () => {
    // Each round leaves a lock of a killed owner to the next one.
    for (let round = 0; round < 6; round += 1) await race(round % 2 === 0);
  });

  test("exactly one wins over a starter that died while it took over", async () => {
    const here = await ownIdentity();
    const dead = { ...here, pid: 2 ** 22 + 1 };
    await plantLock(dead);
    const first = await lockRecord();
    const second = { ...first, ownerId: "6f1c1f0e-97a5-4a11-9f0b-3b1d4ac1b0aa" };
    await writeFile(`${home.paths.lock}.after-${String(first["ownerId"])}`, JSON.stringify(second));
    await race(true);
  });

  test("a starter that lives in the middle of taking over is not overrun", async () => {
    await plantLock({ pid: 2 ** 22 + 1 });
    const first = await lockRecord();
    const claimant = { ...first, ...(await ownIdentity()), ownerId: "6f1c1f0e-97a5-4a11-9f0b-3b1d4ac1b0ab" };
    await writeFile(`${home.paths.lock}.after-${String(first["ownerId"])}`, JSON.stringify(claimant));
    expect((await refusalOf(acquireOwnership(home.paths, { kind: "window", waitMs: 0 }))).code).toBe("instance_owned");
    expect(await findOwner(home.paths, { waitMs: 0 })).toMatchObject({ state: "unjudgeable" });
  });
});

describe("the runtime directory", () => {
  test("is short for an instance with a long name in other letters", async () => {
    const long = await testHome(`${"ž".repeat(60)}/${"a b".repeat(40)}`);
    const { XDG_RUNTIME_DIR } = process.env;
    process.env["XDG_RUNTIME_DIR"] = path.join(long.base, "x".repeat(90));
    await mkdir(process.env["XDG_RUNTIME_DIR"], { mode: 0o700 });
    try {
      const owner = await acquireOwnership(long.paths, { kind: "window" });
      expect(path.dirname(owner.runtimeDirectory)).toBe(os.tmpdir());
      const server = net.createServer((socket) => socket.destroy()).listen(owner.socketPath);
      await once(server, "listening");
      server.close();
      await owner.release();
    } finally {
      if (XDG_RUNTIME_DIR === undefined) delete process.env["XDG_RUNTIME_DIR"];
      else process.env["XDG_RUNTIME_DIR"] = XDG_RUNTIME_DIR;
      await long.remove();
    }
  });
});
