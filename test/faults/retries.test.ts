import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import type { Attempt, RunDetail } from "../../preload/contract/runs.ts";
import { activeRunStatuses } from "../../preload/rules/run-states.ts";
import { processesOf, testInstance } from "../fixtures/instance.ts";

const ROUNDS = 20;
/** From the start of a run to the kill, a little more each time: through its attempts and the waits between them. */
const STEP_MS = 150;

test(`${ROUNDS} kills of the owner through the attempts of a run and the waits between them: none starts twice, none is lost`, async () => {
  const instance = await testInstance();
  try {
    const started = path.join(instance.home, "started");
    const file = (name: string) => path.join(instance.home, name);
    const script = `echo "$PAPERCLIP_RUN_ID" >> ${started}; sleep 0.2; exit 9`;
    await writeFile(file("agent.json"), JSON.stringify({ command: ["/bin/sh", "-c", script], instructions: "none" }));
    const retry = { maxAttempts: 3, backoffSeconds: 1, backoffFactor: 1, onInterruption: true };
    const routine = {
      title: "Failing",
      instructions: "",
      agent: "failing",
      concurrencyPolicy: "always_enqueue",
      retry,
    };
    await writeFile(file("routine.json"), JSON.stringify(routine));
    let serve = await instance.serve();
    await instance.json(["companies", "create", "--name", "Acme", "--prefix", "ACM"]);
    await instance.json([
      "agents",
      "create",
      "--name",
      "failing",
      "--adapter",
      "process",
      "--config-file",
      file("agent.json"),
    ]);
    await instance.json(["routines", "create", "--file", file("routine.json")]);
    for (let round = 0; round < ROUNDS; round += 1) {
      const { id } = await instance.json<RunDetail>(["routines", "run", "Failing"]);
      await new Promise((resolve) => setTimeout(resolve, round * STEP_MS));
      process.kill(serve.pid, "SIGKILL");
      await serve.ended;
      serve = await instance.serve();
      const run = await instance.json<RunDetail>([
        "call",
        "runs.wait",
        "--input",
        JSON.stringify({ run: id, timeoutMs: 30_000 }),
      ]);
      expect(activeRunStatuses).not.toContain(run.status);
      const { attemptList } = await instance.json<{ attemptList: Attempt[] }>(["runs", "show", id]);
      expect(attemptList.map(({ attempt }) => attempt)).toEqual(attemptList.map((_, index) => index + 1));
      const starts = (await readFile(started, "utf8")).split("\n").filter((line) => line === id).length;
      // An attempt that was interrupted may not have got as far as its process; all others have, and each once.
      expect(starts).toBeLessThanOrEqual(attemptList.length);
      expect(starts).toBeGreaterThanOrEqual(attemptList.filter(({ status }) => status === "failed").length);
      expect(attemptList.at(-1)?.status).toBe(run.status);
      expect(await processesOf(`PAPERCLIP_RUN_ID=${id}`)).toEqual([]);
    }
    await instance.run(["stop"]);
    await serve.ended;
  } finally {
    await instance.remove();
  }
});
