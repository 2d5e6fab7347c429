import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { afterEach, describe, expect, test } from "vitest";
import { judgeLife, ownIdentity, standingOf } from "../../../main/instance/process-identity.ts";
import { startZombie } from "../../fixtures/zombie.ts";

const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) {
    const ended = once(child, "exit");
    if (child.kill("SIGKILL")) await ended;
  }
});

function start(command: string, args: string[]): ChildProcess {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "ignore"] });
  children.push(child);
  return child;
}

describe("a process", () => {
  test("that runs is alive, and has the same start time each time", async () => {
    const child = start("sleep", ["1000"]);
    const first = await standingOf(child.pid ?? 0);
    expect(first).toMatchObject({ alive: true });
    expect(await standingOf(child.pid ?? 0)).toEqual(first);
  });

  test("that ended is not", async () => {
    const child = start("true", []);
    await once(child, "exit");
    expect(await standingOf(child.pid ?? 0)).toEqual({ alive: false });
    expect(await standingOf(-1)).toEqual({ alive: false });
    expect(await standingOf(Number.NaN)).toEqual({ alive: false });
  });

  test("that nobody reaps is not", async () => {
    const zombie = await startZombie();
    expect(await standingOf(zombie.pid)).toEqual({ alive: false });
    expect(() => process.kill(zombie.pid, 0)).not.toThrow();
    zombie.end();
  });
});

describe("the life of an owner", () => {
  test("is its process's, by pid and start time", async () => {
    const here = await ownIdentity();
    expect(await judgeLife(here, here)).toBe("alive");
    expect(await judgeLife({ ...here, startTime: "1" }, here)).toBe("dead");
    expect(await judgeLife({ ...here, pid: 2 ** 22 + 1 }, here)).toBe("dead");
  });

  test("ended with a reboot of the same host", async () => {
    const here = await ownIdentity();
    expect(await judgeLife({ ...here, bootId: "an earlier one" }, here)).toBe("dead");
  });

  test("cannot be judged from another host or container", async () => {
    const here = await ownIdentity();
    const elsewhere = [
      { ...here, hostname: "other", bootId: "other" },
      { ...here, hostname: "other", bootId: null },
      { ...here, pidNamespace: "pid:[1]" },
    ];
    for (const other of elsewhere) {
      expect(await judgeLife(other, here)).toHaveProperty("unjudgeable");
    }
  });

  test("is judged by the pid where the host has a new name since", async () => {
    const here = await ownIdentity();
    expect(await judgeLife({ ...here, hostname: "renamed" }, here)).toBe("alive");
  });
});
