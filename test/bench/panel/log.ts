import type { Page } from "playwright-core";
import { median } from "../median.ts";
import type { BenchRow } from "../row.ts";
import { heapOf, type OpenPanel, type PanelWorld, whenDrawn } from "./world.ts";

const REPETITIONS = 5;
const LINES = 120;
/** Says what its own clock shows, every 50 ms. */
export const TICKS = `let left = ${LINES * 5}; setInterval(() => (left-- > 0 ? console.log(Date.now()) : process.exit()), 50)`;
/** As long as a log may be. */
export const FLOOD = `
  const words = "of a log that is as long as a log may be, with some words in each of its lines";
  let line = 0;
  const more = () => {
    if (line > 600_000) return;
    let block = "";
    for (let count = 0; count < 1_000; count += 1) block += "line " + (line += 1) + " " + words + "\\n";
    process.stdout.write(block, more);
  };
  more();`;
const JUMPS = 20;
const LINE = ".log-row-text:not(:empty):not(:has(.log-row-missing))";

/** A line from the process to the screen, and a log of 64 MiB. */
export async function logRows(world: PanelWorld, ticks: string, flood: string): Promise<BenchRow[]> {
  const panel = await world.open();
  try {
    return [...(await liveRows(world, panel, ticks)), ...(await longRows(world, panel, flood))];
  } finally {
    await panel.close();
  }
}

async function liveRows(world: PanelWorld, panel: OpenPanel, routine: string): Promise<BenchRow[]> {
  const [middles, tails]: [number[], number[]] = [[], []];
  for (let repetition = 0; repetition < REPETITIONS; repetition += 1) {
    const run = await world.run(routine);
    const page = await panel.page(`/runs/${run}`, LINE);
    await whenDrawn(page);
    const delays = await page.evaluate(delaysOfLines, LINES);
    await page.close();
    await world.instance.json(["runs", "cancel", run]);
    middles.push(median(delays));
    tails.push(percentile(delays, 0.95));
  }
  const spread = `${Math.min(...tails).toFixed(0)} to ${Math.max(...tails).toFixed(0)} ms`;
  return [
    {
      what: `live log line, from the process to the screen, p95 (p50 ${median(middles).toFixed(0)} ms; p95 ${spread})`,
      against: "–",
      ratio: `${median(tails).toFixed(0)} ms`,
      goal: "< 150 ms",
    },
  ];
}

/** Runs in the page: how long after each line's own instant the frame that shows it was over. */
function delaysOfLines(count: number): Promise<number[]> {
  return new Promise((resolve) => {
    const begun = Date.now();
    const seen = new Set<number>();
    const delays: number[] = [];
    const observer = new MutationObserver(() => {
      const fresh: number[] = [];
      for (const { textContent } of document.querySelectorAll(".log-row-text")) {
        const printed = Number(textContent);
        if (!(printed > begun) || seen.has(printed)) continue;
        seen.add(printed);
        fresh.push(printed);
      }
      if (fresh.length === 0) return;
      requestAnimationFrame(() =>
        setTimeout(() => {
          delays.push(...fresh.map((printed) => Date.now() - printed));
          if (delays.length < count) return;
          observer.disconnect();
          resolve(delays);
        }),
      );
    });
    observer.observe(document.body, { childList: true, subtree: true, characterData: true });
  });
}

async function longRows(world: PanelWorld, panel: OpenPanel, routine: string): Promise<BenchRow[]> {
  const run = await world.run(routine, "wait");
  const opened: number[] = [];
  const [middles, ends]: [number[], number[]] = [[], []];
  let heap = 0;
  for (let repetition = 0; repetition < REPETITIONS; repetition += 1) {
    const page = await panel.page(`/runs/${run}`, LINE);
    opened.push((await whenDrawn(page)).ms);
    if (repetition === REPETITIONS - 1) {
      for (let jump = 0; jump < JUMPS; jump += 1) {
        // Never to lines that are still kept from the jump before.
        middles.push(await jumpTo(page, 0.2 + (0.6 * jump) / JUMPS));
        ends.push(await jumpTo(page, 1));
      }
      heap = await heapOf(page);
    }
    await page.close();
  }
  const row = (what: string, ratio: string): BenchRow => ({
    what: `a log of 64 MiB: ${what}`,
    against: "–",
    ratio,
    goal: "–",
  });
  return [
    row(
      `from loading the panel to its last lines (the first time ${opened[0]?.toFixed(0)} ms)`,
      `${median(opened).toFixed(0)} ms`,
    ),
    row(
      `to a place in its middle, p95 (p50 ${median(middles).toFixed(0)} ms)`,
      `${percentile(middles, 0.95).toFixed(0)} ms`,
    ),
    row(`to its end, p95 (p50 ${median(ends).toFixed(0)} ms)`, `${percentile(ends, 0.95).toFixed(0)} ms`),
    row("JS heap of the page after that", `${(heap / 1_000_000).toFixed(1)} MB`),
  ];
}

/** Moves the scroll bar to a part of the whole, and answers when the lines there are drawn, in milliseconds. */
function jumpTo(page: Page, part: number): Promise<number> {
  return page.evaluate(
    (to) =>
      new Promise<number>((resolve, reject) => {
        const log = document.querySelector<HTMLElement>(".log-view-scroll");
        if (log === null) return reject(new Error("there is no log"));
        const before = document.querySelector(".log-row-number")?.textContent;
        const began = performance.now();
        const look = () => {
          const arrived = document.querySelector(".log-row-number")?.textContent !== before;
          if (!arrived || document.querySelector(".log-row-missing") !== null) requestAnimationFrame(look);
          else setTimeout(() => resolve(performance.now() - began));
        };
        log.scrollTop = (log.scrollHeight - log.clientHeight) * to;
        requestAnimationFrame(look);
      }),
    part,
  );
}

function percentile(figures: readonly number[], part: number): number {
  const sorted = figures.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * part) - 1)] ?? Number.NaN;
}
