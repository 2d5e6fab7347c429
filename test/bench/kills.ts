import { readFile } from "node:fs/promises";
import path from "node:path";
import { testInstance } from "../fixtures/instance.ts";
import { median } from "./median.ts";
import type { BenchRow } from "./row.ts";

const ROUNDS = 5;

/** Seconds from a SIGKILL of owner and PostgreSQL, with writes behind them, until the next start answers. */
export async function killsBench(): Promise<BenchRow[]> {
  const instance = await testInstance();
  const seconds: number[] = [];
  try {
    let serve = await instance.serve();
    await instance.json(["companies", "create", "--name", "Acme", "--prefix", "ACM"]);
    for (let round = 0; round < ROUNDS; round += 1) {
      await instance.json(["secrets", "create", "--key", `round-${round}`, "--value-stdin"], { input: "some-value" });
      const lock = await readFile(path.join(instance.root, "db", "postmaster.pid"), "utf8");
      const before = performance.now();
      process.kill(Number(lock.split("\n")[0]), "SIGKILL");
      process.kill(serve.pid, "SIGKILL");
      await serve.ended;
      serve = await instance.serve();
      seconds.push((performance.now() - before) / 1000);
    }
  } finally {
    await instance.remove();
  }
  return [
    {
      what: `kill of owner and PostgreSQL until the next start answers, ${ROUNDS} times, longest`,
      against: `a median of ${median(seconds).toFixed(2)} s`,
      ratio: `${Math.max(...seconds).toFixed(2)} s`,
      goal: "<= 5 s",
    },
  ];
}
