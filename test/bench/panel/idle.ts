import { setTimeout as delay } from "node:timers/promises";
import { median } from "../median.ts";
import type { BenchRow } from "../row.ts";
import { alone, proportional, treeOf } from "./processes.ts";
import { HOME } from "./start.ts";
import { type PanelWorld, whenDrawn } from "./world.ts";

const ROUNDS = 5;
const WINDOW_MS = 20_000;
/** What a start leaves to be done is done by then. */
const SETTLED_MS = 10_000;

/** Memory and processor of the host after a run, with a panel open on Home and nothing to do. Linux only. */
export async function idleRows(world: PanelWorld, routine: string): Promise<BenchRow[]> {
  if (process.platform !== "linux") return [];
  const panel = await world.open();
  const page = await panel.page("/", HOME);
  await whenDrawn(page);
  // From the first run on there is a runner.
  await world.run(routine, "wait");
  await delay(SETTLED_MS);
  const [app, database, strict, busy]: [number[], number[], number[], number[]] = [[], [], [], []];
  const parts = new Map<string, number[]>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = await treeOf(panel.serve.pid);
    await delay(WINDOW_MS);
    const tree = await treeOf(panel.serve.pid);
    busy.push(((cpuOf(tree) - cpuOf(before)) / WINDOW_MS) * 100);
    const isDatabase = ({ name }: { readonly name: string }) => name === "postgres";
    app.push(await proportional(tree));
    database.push(await proportional(tree.filter(isDatabase)));
    strict.push(await alone(tree));
    for (const [index, each] of tree.filter((one) => !isDatabase(one)).entries()) {
      const name = index === 0 ? "serve" : "runner";
      parts.set(name, [...(parts.get(name) ?? []), await proportional([each])]);
    }
  }
  await panel.close();
  const said = [...parts].map(([name, sizes]) => `${name} ${megabytes(median(sizes))}`).join(", ");
  return [
    { what: `idle host, memory (PSS: ${said})`, against: "–", ratio: megabytes(median(app)), goal: "<= 150 MB" },
    {
      what: "idle host, memory if nothing else ran Node",
      against: "–",
      ratio: megabytes(median(strict)),
      goal: "<= 150 MB",
    },
    { what: "idle PostgreSQL, memory (PSS)", against: "–", ratio: megabytes(median(database)), goal: "<= 30 MB" },
    { what: "idle host, processor", against: "one core", ratio: `${median(busy).toFixed(2)} %`, goal: "< 1 %" },
  ];
}

function cpuOf(tree: readonly { readonly cpuMs: number }[]): number {
  return tree.reduce((sum, { cpuMs }) => sum + cpuMs, 0);
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(0)} MB`;
}
