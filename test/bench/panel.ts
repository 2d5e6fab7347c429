import type { BenchRow } from "./row.ts";
import { historyRows } from "./panel/history.ts";
import { idleRows } from "./panel/idle.ts";
import { FLOOD, logRows, TICKS } from "./panel/log.ts";
import { startRows } from "./panel/start.ts";
import { panelWorld } from "./panel/world.ts";

const RUNS = 6;

/**
 * The panel as an operator has it: what is built, served by `serve` to a real browser. Start, first screen, idling, a
 * history of 100,000 runs, and logs. Other work on the machine shows in these figures.
 */
export async function panelBench(): Promise<BenchRow[]> {
  const world = await panelWorld();
  try {
    const serve = await world.instance.serve();
    await world.instance.json(["companies", "create", "--name", "Bench", "--prefix", "BEN"]);
    const quick = await world.routine("Quick", "console.log('done')");
    const ticks = await world.routine("Ticks", TICKS);
    const flood = await world.routine("Flood", FLOOD);
    let run = "";
    for (let count = 0; count < RUNS; count += 1) run = await world.run(quick, "wait");
    serve.child.kill("SIGTERM");
    await serve.ended;
    return [
      ...(await startRows(world)),
      ...(await idleRows(world, quick)),
      ...(await logRows(world, ticks, flood)),
      ...(await historyRows(world, run)),
    ];
  } finally {
    await world.remove();
  }
}
