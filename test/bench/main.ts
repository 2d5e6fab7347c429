import { backupBench } from "./backup.ts";
import { calendarBench } from "./calendar.ts";
import { eventsBench } from "./events.ts";
import { historyBench } from "./history.ts";
import { killsBench } from "./kills.ts";
import { latencyBench } from "./latency.ts";
import { mainThreadBench } from "./main-thread.ts";
import { maskingBench } from "./masking.ts";
import { referencesBench } from "./references.ts";
import { panelBench } from "./panel.ts";
import type { BenchRow } from "./row.ts";
import { rotationBench } from "./rotation.ts";
import { runsBench } from "./runs.ts";
import { startBench } from "./start.ts";

const benches = new Map<string, () => Promise<BenchRow[]>>([
  ["references", referencesBench],
  ["rotation", rotationBench],
  ["events", eventsBench],
  ["history", historyBench],
  ["masking", maskingBench],
  ["main-thread", mainThreadBench],
  ["runs", runsBench],
  ["latency", latencyBench],
  ["start", startBench],
  ["kills", killsBench],
  ["panel", panelBench],
  ["calendar", calendarBench],
  ["backup", backupBench],
]);

/** Runs the named benches, or all, and prints a row per figure. Figures inform; nothing fails. */
export async function bench(names: readonly string[]): Promise<void> {
  for (const name of names.length > 0 ? names : benches.keys()) {
    const run = benches.get(name);
    if (!run) {
      process.stderr.write(`There is no bench ${name}. There are: ${[...benches.keys()].join(", ")}.\n`);
      process.exitCode = 2;
      return;
    }
    process.stdout.write(`${name}\n`);
    for (const row of await run()) {
      process.stdout.write(`  ${row.what}: ${row.ratio} against ${row.against} (goal ${row.goal})\n`);
    }
  }
}
