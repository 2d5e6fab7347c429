import { fork, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createGuard } from "../../../main/runs/runner/guard.ts";
import type { RunnerReport } from "../../../main/runs/runner/messages.ts";
import { processesOf, type TestRunner, testRunner, until } from "../../fixtures/runner.ts";

let runner: TestRunner;
let port: string;

beforeAll(async () => {
  runner = await testRunner();
  port = path.join(runner.directory, "port.cjs");
  // A utility process of Electron has a port to its parent instead of a channel, with the one event `message`.
  await writeFile(
    port,
    `process.parentPort = {
       postMessage: (message) => process.send(message),
       on: (event, listener) => event === "message" && process.on("message", (data) => listener({ data })),
     };`,
  );
});
afterAll(() => runner.close());

/** A runner as Electron starts it. */
function utilityRunner() {
  const entry = path.join(runner.directory, "main.mjs");
  return fork(entry, [], { execArgv: ["--require", port], env: { PATH: process.env["PATH"] ?? "" } });
}

it("a runner with a port works like one with a channel, and ends with what it is told", async () => {
  const child = utilityRunner();
  const reports: RunnerReport[] = [];
  child.on("message", (report) => reports.push(report as RunnerReport));
  child.send(runner.script("echo hello"));
  await until(() => reports.some(({ type }) => type === "finished"));
  expect(reports.find(({ type }) => type === "finished")).toMatchObject({ outcome: { end: "exited", exitCode: 0 } });
  const exited = once(child, "exit");
  child.send({ type: "stop" });
  expect((await exited)[0]).toBe(0);
});

it.runIf(process.platform === "linux")("what a runner was executing ends when it is killed outright", async () => {
  const child = utilityRunner();
  const [first, second, over] = [
    runner.script("sleep 611 & sleep 612"),
    runner.script("trap '' TERM HUP; sleep 613 & while :; do sleep 1; done"),
    runner.script("true"),
  ];
  let finished = 0;
  child.on("message", (report) => (finished += (report as RunnerReport).type === "finished" ? 1 : 0));
  for (const request of [over, first, second]) child.send(request);
  await until(() => finished === 1 && processesOf(first.runId).length >= 2 && processesOf(second.runId).length >= 2);
  child.kill("SIGKILL");
  await until(() => processesOf(first.runId).length === 0 && processesOf(second.runId).length === 0);
});

it("a guard where there is no shell of that kind does nothing", async () => {
  const sleeper = spawn(process.execPath, ["-e", "setInterval(() => undefined, 1000)"], { stdio: "ignore" });
  const guard = createGuard("win32");
  guard.begin({ runId: "r", leader: sleeper.pid ?? null });
  guard.end({ runId: "r", leader: sleeper.pid ?? null });
  expect(sleeper.exitCode).toBeNull();
  const exited = once(sleeper, "exit");
  sleeper.kill();
  await exited;
});
