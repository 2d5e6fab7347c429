import { gzipSync } from "node:zlib";
import type { Response } from "playwright-core";
import { median } from "../median.ts";
import type { BenchRow } from "../row.ts";
import { noteDrawn, type PanelWorld, stop, whenDrawn } from "./world.ts";

const ROUNDS = 7;
/** Home with its runs, when nothing of it is still being asked for. */
export const HOME = "#content:has(.latest-runs-item):has(li.timeline-row):not(:has(.skeleton))";

/**
 * From starting `serve` on an instance that was used before, with a browser that runs already, to Home's content on screen;
 * and what the page loads until then.
 */
export async function startRows({ instance, browser }: PanelWorld): Promise<BenchRow[]> {
  const whole: number[] = [];
  const served: number[] = [];
  const responses: Response[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const context = await browser.newContext();
    const page = await context.newPage();
    await noteDrawn(page, HOME);
    responses.length = 0;
    page.on("response", (response) => responses.push(response));
    const began = Date.now();
    const serve = await instance.serve();
    const { url } = JSON.parse(await serve.firstOutput()) as { url: string };
    served.push(Date.now() - began);
    await page.goto(url);
    whole.push((await whenDrawn(page)).at - began);
    if (round < ROUNDS - 1) await context.close();
    else {
      const bundle = await bundleRow(responses);
      await context.close();
      await stop(serve);
      return [startRow(whole, served), bundle];
    }
    await stop(serve);
  }
  return [];
}

function startRow(whole: readonly number[], served: readonly number[]): BenchRow {
  return {
    what: `second start to Home on screen (${seconds(Math.min(...whole))} to ${seconds(Math.max(...whole))}; the link after ${seconds(median(served))})`,
    against: "–",
    ratio: seconds(median(whole)),
    goal: "<= 3 s",
  };
}

async function bundleRow(responses: readonly Response[]): Promise<BenchRow> {
  const files = responses.filter((response) => response.ok() && !response.url().endsWith("/session"));
  const bodies = await Promise.all(files.map((response) => response.body()));
  const size = bodies.reduce((sum, body) => sum + gzipSync(body).length, 0);
  return {
    what: `what the page loads until Home is on screen, as gzip (${bodies.length} files)`,
    against: "–",
    ratio: `${(size / 1_000).toFixed(0)} KB`,
    goal: "< 250 KB",
  };
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(2)} s`;
}
