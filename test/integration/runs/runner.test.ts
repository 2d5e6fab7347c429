import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readForward } from "../../../main/runs/log-reading.ts";
import { liveProcesses } from "../../../main/runs/process-tree.ts";
import type { Outcome, StartRequest } from "../../../main/runs/runner/messages.ts";
import { processesOf, testRunner, type TestRunner, until } from "../../fixtures/runner.ts";

let runner: TestRunner;
beforeAll(async () => {
  runner = await testRunner();
});
afterAll(() => runner.close());

const finished = (outcome: Outcome | null): Outcome => {
  if (!outcome) throw new Error("the runner died");
  return outcome;
};
const run = async (request: StartRequest) => finished(await runner.client.execute(request));
const linesOf = async (request: StartRequest) => (await readForward(request.logFile, 0)).lines;
const started = (request: StartRequest) => until(() => processesOf(request.runId).length > 0);
const inDirectory = (name: string) => path.join(runner.directory, name);

describe("runner process", () => {
  it("runs a command with its instructions on stdin and captures both streams", async () => {
    const request = runner.script("cat; echo err >&2; printf open", { stdin: "the instructions\n" });
    const outcome = await run(request);
    expect(outcome).toMatchObject({ end: "exited", exitCode: 0, signal: null, problem: null, leftProcesses: 0 });
    expect((await linesOf(request)).map(({ stream, text }) => [stream, text]).toSorted()).toEqual([
      ["stderr", "err"],
      ["stdout", "open"],
      ["stdout", "the instructions"],
    ]);
    expect(outcome.log.lines).toBe(3);
  });

  it("tells exit codes and signals", async () => {
    expect(await run(runner.script("exit 7"))).toMatchObject({ end: "exited", exitCode: 7, signal: null });
    expect(await run(runner.script("kill -9 $$"))).toMatchObject({ end: "exited", exitCode: null, signal: "SIGKILL" });
  });

  it("does not mind a process that leaves its stdin unread", async () => {
    const outcome = await run(runner.script("exec <&-; exit 0", { stdin: "x".repeat(1_000_000) }));
    expect(outcome).toMatchObject({ end: "exited", exitCode: 0 });
  });

  it.runIf(process.platform === "linux")("gives the process its environment and nothing of its own", async () => {
    const request = runner.script("exec cat /proc/self/environ", { env: { PATH: "/usr/bin:/bin", EXTRA: "1" } });
    await run(request);
    const [line] = await linesOf(request);
    expect(line?.text.split("\0").filter(Boolean).toSorted()).toEqual(
      ["EXTRA=1", `PAPERCLIP_RUN_ID=${request.runId}`, "PATH=/usr/bin:/bin", `PWD=${runner.directory}`].toSorted(),
    );
  });

  it("masks secrets in every form and over split writes, in log and excerpt", async () => {
    const secret = `s3cret/+ value"with 'quotes'`;
    const forms = [
      secret,
      Buffer.from(secret).toString("base64"),
      Buffer.from(`a${secret}`).toString("base64"),
      Buffer.from(`ab${secret}`).toString("base64"),
      Buffer.from(secret).toString("hex"),
      encodeURIComponent(secret),
      JSON.stringify(secret),
    ];
    writeFileSync(inDirectory("forms.txt"), `${forms.join("\n")}\n`);
    const [half, rest] = [secret.slice(0, 9), secret.slice(9)];
    const request = runner.script(
      `cat forms.txt; printf '%s' "$HALF"; sleep 0.1; printf '%s\\n' "$REST" | tee /dev/stderr`,
      {
        env: { PATH: process.env["PATH"] ?? "", HALF: half, REST: rest },
        secretValues: [secret],
      },
    );
    const outcome = await run(request);
    const text = readFileSync(request.logFile, "utf8") + outcome.log.excerpt;
    for (const form of forms.filter((_form, index) => index !== 2 && index !== 3)) expect(text).not.toContain(form);
    for (const form of forms) expect(text).not.toContain(form.slice(4, -4));
    expect(outcome.log.maskHits).toBe(8);
    expect((await linesOf(request)).filter((line) => line.stream === "stdout").map((line) => line.text)).toEqual([
      "***",
      "***",
      expect.stringMatching(/^..\*\*\*.{0,3}$/),
      expect.stringMatching(/^...\*\*\*.{0,3}$/),
      "***",
      "***",
      '"***"',
      "***",
    ]);
  });

  it.each([
    ["command_missing", { argv: ["no-such-command-here"] }, "not found on PATH"],
    ["command_missing", { argv: ["./no-such-file"] }, "there is no file"],
    ["folder_missing", { cwd: "/no/such/folder" }, "does not exist"],
    ["command_not_executable", { argv: ["./forms.txt"] }, "may not be executed"],
    ["env_too_large", { env: { BIG: "x".repeat(200_000) } }, "larger than the system permits"],
  ])("says %s for %j", async (code, changes, words) => {
    writeFileSync(inDirectory("forms.txt"), "not a program", { mode: 0o644 });
    const outcome = await run(runner.script("true", changes));
    expect(outcome).toMatchObject({ end: "not_started", pid: null, problem: { code } });
    expect(outcome.problem?.message).toContain(words);
    expect(outcome.problem?.next).not.toBe("");
  });

  it("names the interpreter when that is what is missing", async () => {
    writeFileSync(inDirectory("script.sh"), "#!/no/such/interpreter\n", { mode: 0o755 });
    const outcome = await run(runner.script("", { argv: ["./script.sh"] }));
    expect(outcome.problem).toMatchObject({ code: "command_not_executable" });
    expect(outcome.problem?.message).toContain("interpreter");
  });

  it("ends a run that takes too long", async () => {
    const request = runner.script("echo begun; sleep 600", { timeoutMs: 200 });
    expect(await run(request)).toMatchObject({ end: "timed_out", signal: "SIGTERM", leftProcesses: 0 });
    expect((await linesOf(request)).at(-1)).toMatchObject({ stream: "system" });
    expect(processesOf(request.runId)).toEqual([]);
  });

  it("kills what ignores TERM", async () => {
    const request = runner.script("trap '' TERM; echo ready; while :; do sleep 1; done", { graceMs: 100 });
    const done = run(request);
    await until(() => existsSync(request.logFile));
    runner.client.cancel(request.attemptId, "The run was cancelled.");
    expect(await done).toMatchObject({ end: "cancelled", signal: "SIGKILL", leftProcesses: 0 });
    expect(processesOf(request.runId)).toEqual([]);
  });

  it.runIf(process.platform === "linux")(
    "cancels a tree that left its group and session, and leaves none",
    async () => {
      const request = runner.script(
        [
          "setsid sh -c '(setsid sleep 601 &) ; sleep 602' &",
          "(trap '' TERM HUP; setsid sh -c 'trap \"\" TERM; while :; do sleep 1; done' &)",
          "env -i sleep 603 &",
          "setsid env -i /bin/sleep 604 &",
          "wait",
        ].join("\n"),
        { graceMs: 300 },
      );
      const done = run(request);
      await until(() => processesOf(request.runId).length >= 5);
      runner.client.cancel(request.attemptId, "The run was cancelled.");
      expect(await done).toMatchObject({ end: "cancelled", leftProcesses: 0 });
      expect(processesOf(request.runId)).toEqual([]);
    },
  );

  it.runIf(process.platform === "linux")("ends what a finished process left in the background", async () => {
    const request = runner.script("setsid sleep 605 >/dev/null 2>&1 & sleep 606 & echo done");
    const outcome = await run(request);
    expect(outcome).toMatchObject({ end: "exited", exitCode: 0, leftProcesses: 0 });
    expect(processesOf(request.runId)).toEqual([]);
    expect((await linesOf(request)).map(({ text }) => text)).toEqual([
      "done",
      "The process ended and left 2 running; they were ended.",
    ]);
  });

  it("does not wait for a background process that ends by itself in time", async () => {
    const request = runner.script("(while kill -0 $$ 2>/dev/null; do sleep 0.01; done; echo late) & echo early", {
      lingerMs: 10_000,
    });
    expect(await run(request)).toMatchObject({ end: "exited", exitCode: 0 });
    expect((await linesOf(request)).map(({ text }) => text)).toEqual(["early", "late"]);
  });

  it("keeps a run's first reason, and ignores a cancel of one that is over", async () => {
    const request = runner.script("exit 3");
    expect(await run(request)).toMatchObject({ end: "exited", exitCode: 3 });
    runner.client.cancel(request.attemptId, "late");
    expect(await run(runner.script("exit 4"))).toMatchObject({ end: "exited", exitCode: 4 });
  });

  it("caps the log, goes on draining, and counts what it dropped", async () => {
    const request = runner.script("head -c 3000000 /dev/zero | tr '\\0' 'x' | fold -w 99; echo the end", {
      logLimitBytes: 100_000,
    });
    const { log, exitCode } = await run(request);
    expect(exitCode).toBe(0);
    // And the line that says so.
    expect(log.bytes).toBeLessThanOrEqual(100_000 + 200);
    const output = (await linesOf(request)).filter(({ stream }) => stream !== "system");
    const kept = output.reduce((sum, { text }) => sum + text.length, 0);
    expect(log.droppedBytes).toBe(3_000_000 + "the end".length - kept);
    expect(log.excerpt.endsWith("the end")).toBe(true);
  });

  it("passes binary output and lines without end", async () => {
    const request = runner.script("head -c 300000 /dev/urandom | tr -d '\\n'", { logLimitBytes: 10_000_000 });
    const outcome = await run(request);
    expect(outcome).toMatchObject({ end: "exited", exitCode: 0, log: { droppedBytes: 0 } });
    expect((await linesOf(request)).length).toBeGreaterThan(2);
  });

  it("runs several at once", async () => {
    const requests = Array.from({ length: 8 }, (_, count) => runner.script(`echo ${count}`));
    const outcomes = await Promise.all(requests.map(run));
    expect(outcomes.every(({ exitCode }) => exitCode === 0)).toBe(true);
    const texts = await Promise.all(requests.map(async (request) => (await linesOf(request)).map(({ text }) => text)));
    expect(texts).toEqual(requests.map((_request, count) => [String(count)]));
  });

  it("tells of a log that grows while the run goes on", async () => {
    const request = runner.script("echo first; cat");
    const grown: string[] = [];
    const off = runner.client.onGrew((attemptId) => grown.push(attemptId));
    const done = run({ ...request, argv: ["/bin/sh", "-c", "echo first; sleep 607"] });
    await until(() => grown.includes(request.attemptId));
    expect((await linesOf(request)).map(({ text }) => text)).toEqual(["first"]);
    off();
    runner.client.cancel(request.attemptId, "enough");
    expect(await done).toMatchObject({ end: "cancelled" });
  });

  it.runIf(process.platform === "linux")("answers null when it was killed, and is started again", async () => {
    const request = runner.script("sleep 608");
    const done = runner.client.execute(request);
    await started(request);
    process.kill(runner.pid(), "SIGKILL");
    expect(await done).toBeNull();
    expect(await run(runner.script("exit 5"))).toMatchObject({ exitCode: 5 });
    for (const pid of processesOf(request.runId)) process.kill(pid, "SIGKILL");
  });

  it.runIf(process.platform === "linux")("ends its runs and itself when its parent is killed", async () => {
    const request = runner.script("setsid sleep 609 & sleep 610");
    const entry = path.join(runner.directory, "main.mjs");
    const parent = spawn(
      process.execPath,
      [
        "--input-type=module",
        "-e",
        `import { fork } from "node:child_process";
         const child = fork(${JSON.stringify(entry)}, [], { execArgv: [] });
         child.send(${JSON.stringify(request)});
         process.stdout.write(String(child.pid));`,
      ],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    let output = "";
    parent.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    await until(() => processesOf(request.runId).length >= 3 && output !== "");
    parent.kill("SIGKILL");
    const runnerPid = Number(output);
    await until(() => processesOf(request.runId).length === 0 && liveProcesses([runnerPid]).length === 0);
  });
});
