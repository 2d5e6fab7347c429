import { spawn } from "node:child_process";
import { once } from "node:events";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { forkRunner } from "../../main/runs/channel.ts";
import { createRunnerClient } from "../../main/runs/runner-client.ts";
import { bundle } from "../fixtures/bundle.ts";
import { median } from "./median.ts";
import type { BenchRow } from "./row.ts";

const RESIDENT_MEGABYTES = 500;
const STARTS = 60;

/**
 * How long starting a process keeps the main thread, in a process of 500 MB: handing it to the runner against spawning
 * it directly. Medians, interleaved.
 */
export async function mainThreadBench(): Promise<BenchRow[]> {
  const directory = await mkdtemp(path.join(os.tmpdir(), "pcd-bench-"));
  const silent = () => undefined;
  const entry = await bundle("main/runs/runner/main.ts", directory);
  const client = createRunnerClient(() => forkRunner(entry, process.env), {
    info: silent,
    warn: silent,
    error: silent,
  });
  const start = () => {
    const attemptId = randomUUID();
    return client.execute({
      type: "start",
      attemptId,
      runId: randomUUID(),
      argv: ["/bin/true"],
      cwd: directory,
      env: { PATH: "/usr/bin:/bin" },
      stdin: "",
      secretValues: ["one-secret", "another-secret"],
      logFile: path.join(directory, `${attemptId}.log`),
      logLimitBytes: 1_000_000,
      timeoutMs: null,
      graceMs: 1_000,
      lingerMs: 100,
    });
  };
  try {
    await start();
    const ballast = Array.from({ length: RESIDENT_MEGABYTES }, () => Buffer.alloc(1_000_000, 1));
    const byRunner: number[] = [];
    const direct: number[] = [];
    for (let count = 0; count < STARTS; count += 1) {
      let began = performance.now();
      const ended = start();
      byRunner.push(performance.now() - began);
      await ended;
      began = performance.now();
      const child = spawn("/bin/true", [], { detached: true, stdio: ["pipe", "pipe", "pipe"] });
      direct.push(performance.now() - began);
      await once(child, "close");
    }
    const [mine, theirs] = [median(byRunner), median(direct)];
    return [
      {
        what: `main thread blocked per start at ${ballast.length} MB (${(mine * 1_000).toFixed(0)} µs)`,
        against: `direct spawn (${theirs.toFixed(2)} ms)`,
        ratio: `1/${(theirs / mine).toFixed(0)}`,
        goal: "<= 1/50",
      },
    ];
  } finally {
    await client.stop();
    await rm(directory, { recursive: true });
  }
}
