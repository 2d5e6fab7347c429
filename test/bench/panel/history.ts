import { mkdir } from "node:fs/promises";
import path from "node:path";
import type { Page } from "playwright-core";
import { interleaved, median } from "../median.ts";
import type { BenchRow } from "../row.ts";
import { servePlainPage } from "./plain-page.ts";
import { heapOf, noteDrawn, type OpenPanel, type PanelWorld, whenDrawn } from "./world.ts";

const FEW = 1_000;
const MANY = 100_000;
const REPETITIONS = 7;
const FRAMES = 240;
/** How far a frame scrolls: many times faster than a hand does. */
const ROWS_PER_FRAME = 8;
const ROW_PX = 32;
/** The rows of the first screen, with what they say. */
const ROWS = "#content .table-row-link .table-link";

/** The Runs screen with 100,000 runs: until its rows are drawn, how it scrolls, and what it holds. */
export async function historyRows(world: PanelWorld, runId: string): Promise<BenchRow[]> {
  const panel = await world.open();
  const directory = path.join(world.instance.temporary, "plain");
  await mkdir(directory);
  const plain = await servePlainPage(directory);
  try {
    await fill(panel, runId, FEW);
    const few = await heapAfterScrolling(panel);
    await fill(panel, runId, MANY - FEW);
    const many = await heapAfterScrolling(panel);
    return [
      ...(await drawingRows(panel, plain.url)),
      ...(await scrollingRows(panel)),
      {
        what: `JS heap after scrolling ${MANY.toLocaleString("en")} runs (${megabytes(many)})`,
        against: `${FEW.toLocaleString("en")} runs (${megabytes(few)})`,
        ratio: `${(many / few).toFixed(2)} x`,
        goal: "<= 1.1 x",
      },
    ];
  } finally {
    plain.close();
    await panel.close();
  }
}

/** Adds runs that are over, like one that was, each half a minute before the one after it. */
async function fill(panel: OpenPanel, runId: string, count: number): Promise<void> {
  await panel.sql(
    `with latest as (select min(triggered_at) as at from routine_runs)
     insert into routine_runs (id, company_id, routine_id, source, status, title, instructions, triggered_at,
       routine_revision_id, sheet_id, agent_id, dispatch_fingerprint, attempts, failure, exit_code, queued_at, started_at,
       completed_at)
     select gen_random_uuid(), run.company_id, run.routine_id, run.source,
       case when n % 20 = 0 then 'failed' else 'succeeded' end, run.title || ' ' || n, run.instructions,
       latest.at - n * interval '30 seconds', run.routine_revision_id, run.sheet_id, run.agent_id,
       run.dispatch_fingerprint, 1,
       case when n % 20 = 0 then jsonb_build_object('code', 'exit_code', 'message', 'The process ended with exit code 1.',
         'next', null, 'layer', null, 'key', null, 'secretKey', null) end,
       case when n % 20 = 0 then 1 else 0 end, latest.at - n * interval '30 seconds',
       latest.at - n * interval '30 seconds', latest.at - n * interval '29 seconds'
     from routine_runs run, latest, generate_series(1, $2::int) n where run.id = $1`,
    [runId, count],
  );
  await panel.sql("vacuum analyze routine_runs");
}

async function drawingRows(panel: OpenPanel, plainUrl: string): Promise<BenchRow[]> {
  const loaded = async () => {
    const page = await panel.page("/runs", ROWS);
    const { ms } = await whenDrawn(page);
    await page.close();
    return ms;
  };
  const fromHome = async () => {
    const page = await panel.page("/", "#content .latest-runs-item");
    await whenDrawn(page);
    const ms = await page.evaluate(goToRuns, ROWS);
    await page.close();
    return ms;
  };
  const plain = async () => {
    const page = await panel.context.newPage();
    await noteDrawn(page, "tbody tr:last-child td");
    await page.goto(plainUrl);
    const { ms } = await whenDrawn(page);
    await page.close();
    return ms;
  };
  const [byAddress = 0, byLink = 0, all = 0] = await interleaved(REPETITIONS, [loaded, fromHome, plain]);
  const against = `a plain page of 10,000 rows (${all.toFixed(0)} ms)`;
  return [
    {
      what: `${MANY.toLocaleString("en")} runs, from loading the panel to rows drawn (${byAddress.toFixed(0)} ms)`,
      against,
      ratio: `${(byAddress / all).toFixed(2)} x`,
      goal: "<= 0.45 x",
    },
    {
      what: `${MANY.toLocaleString("en")} runs, from Home to rows drawn (${byLink.toFixed(0)} ms)`,
      against,
      ratio: `${(byLink / all).toFixed(2)} x`,
      goal: "<= 0.45 x",
    },
  ];
}

/** Runs in the page: goes to the Runs screen and answers when its rows are drawn, in milliseconds. */
function goToRuns(rows: string): Promise<number> {
  return new Promise((resolve) => {
    const began = performance.now();
    const observer = new MutationObserver(() => {
      if (document.querySelector(rows) === null) return;
      observer.disconnect();
      requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - began)));
    });
    observer.observe(document.body, { childList: true, subtree: true });
    location.hash = "#/runs";
  });
}

async function scrollingRows(panel: OpenPanel): Promise<BenchRow[]> {
  const empty = await panel.context.newPage();
  await empty.setContent("<!doctype html><title>Empty</title>");
  const page = await panel.page("/runs", ROWS);
  await whenDrawn(page);
  const session = await panel.context.newCDPSession(page);
  // In time of the thread, which other work on the machine does not lengthen.
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const busySeconds = async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    return metrics.find(({ name }) => name === "TaskDuration")?.value ?? Number.NaN;
  };
  const shares: number[] = [];
  const busy: number[] = [];
  const waits: number[] = [];
  const longest: number[] = [];
  let reached = 0;
  for (let repetition = 0; repetition < REPETITIONS; repetition += 1) {
    const still = await frames(empty, 0);
    const before = await busySeconds();
    const moving = await frames(page, ROWS_PER_FRAME * ROW_PX);
    busy.push(((await busySeconds()) - before) * 1_000);
    shares.push(still.ms / moving.ms);
    waits.push(moving.waiting / FRAMES);
    longest.push(moving.longest);
    reached = moving.reached;
  }
  await Promise.all([empty.close(), page.close()]);
  return [
    {
      what:
        `scrolling to row ${Math.round(reached / ROW_PX).toLocaleString("en")}, ${ROWS_PER_FRAME} rows a frame: frames a second` +
        ` (${Math.min(...shares).toFixed(3)} to ${Math.max(...shares).toFixed(3)}; longest frame ${median(longest).toFixed(0)} ms;` +
        ` rows still waited for in ${(median(waits) * 100).toFixed(0)} % of the frames)`,
      against: "an empty page",
      ratio: `${median(shares).toFixed(3)} x`,
      goal: ">= 0.97 x",
    },
    {
      what: "the same: main thread of the page, of its own time",
      against: "a frame at 60 Hz (16.7 ms)",
      ratio: `${(median(busy) / FRAMES).toFixed(1)} ms`,
      goal: "<= 16.7 ms",
    },
  ];
}

interface Frames {
  readonly ms: number;
  readonly longest: number;
  /** Frames in which a row in sight was not there yet. */
  readonly waiting: number;
  readonly reached: number;
}

/** Lets a number of frames pass, and scrolls the table of the page in each. At an end it turns round. */
async function frames(page: Page, pixels: number): Promise<Frames> {
  await page.bringToFront();
  return page.evaluate(
    ({ count, step }) =>
      new Promise<Frames>((resolve) => {
        const table = document.querySelector<HTMLElement>(".table-scroll");
        let [frame, first, last, longest, waiting, direction] = [-1, 0, 0, 0, 0, 1];
        const next = (now: number) => {
          frame += 1;
          if (frame === 0) first = now;
          else longest = Math.max(longest, now - last);
          last = now;
          if (table !== null) {
            const before = table.scrollTop;
            table.scrollTop = before + direction * step;
            const atBottom = table.scrollTop + table.clientHeight >= table.scrollHeight - 1;
            const more = table.closest("[role=table]")?.getAttribute("aria-rowcount") === "-1";
            if (direction === 1 && atBottom && !more) direction = -1;
            else if (table.scrollTop <= 0) direction = 1;
            if (document.querySelector(".table-waits") !== null) waiting += 1;
          }
          if (frame < count) requestAnimationFrame(next);
          else resolve({ ms: last - first, longest, waiting, reached: table?.scrollTop ?? 0 });
        };
        requestAnimationFrame(next);
      }),
    { count: FRAMES, step: pixels },
  );
}

async function heapAfterScrolling(panel: OpenPanel): Promise<number> {
  const heaps: number[] = [];
  for (let repetition = 0; repetition < 5; repetition += 1) {
    const page = await panel.page("/runs", ROWS);
    await whenDrawn(page);
    for (let stretch = 0; stretch < 2; stretch += 1) await frames(page, ROWS_PER_FRAME * ROW_PX);
    heaps.push(await heapOf(page));
    await page.close();
  }
  return median(heaps);
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
