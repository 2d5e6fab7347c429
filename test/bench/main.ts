import type { BenchRow } from "./row.ts";

type Bench = () => Promise<BenchRow[]>;

/** All benches by name; `npm run bench -- masking start` runs some of them. */
const benches: Record<string, () => Promise<Bench>> = {
  references: async () => (await import("./references.ts")).referencesBench,
  masking: async () => (await import("./masking.ts")).maskingBench,
  "main-thread": async () => (await import("./main-thread.ts")).mainThreadBench,
  runs: async () => (await import("./runs.ts")).runsBench,
  start: async () => (await import("./start.ts")).startBench,
};

/** Runs the named benches, or all, and prints a row per figure. Figures inform; nothing fails. */
export async function bench(names: readonly string[]): Promise<void> {
  for (const name of names.length > 0 ? names : Object.keys(benches)) {
    const load = benches[name];
    if (!load) {
      process.stderr.write(`There is no bench ${name}. There are: ${Object.keys(benches).join(", ")}.\n`);
      process.exitCode = 2;
      return;
    }
    process.stdout.write(`${name}\n`);
    const rows = await (await load())();
    for (const row of rows)
      process.stdout.write(`  ${row.what}: ${row.ratio} against ${row.against} (goal ${row.goal})\n`);
  }
}
