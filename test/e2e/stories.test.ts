import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { COLOUR_RULES, PAGE_RULES, violationsOf, type Violation } from "../fixtures/axe.ts";
import { launchBrowser } from "../fixtures/browser.ts";
import { builtStories, type Stories } from "../fixtures/stories.ts";

/** Pages that visit stories side by side. */
const PAGES = 2;

let stories: Stories;
let browser: Browser;

beforeAll(async () => {
  browser = await launchBrowser();
  stories = await builtStories();
});
afterAll(async () => {
  await browser.close();
  await stories.remove();
});

test("every story is drawn in light and dark, without errors, and can be used by everybody", async () => {
  const left = [...stories.groups];
  expect(left.flat().length).toBeGreaterThan(150);
  const found: string[] = [];
  const visitAll = async () => {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 800 },
      reducedMotion: "reduce",
      timezoneId: "Europe/Berlin",
      locale: "en-GB",
    });
    const page = await context.newPage();
    let heard: string[] = [];
    page.on("pageerror", ({ message }) => heard.push(message));
    page.on("console", (message) => {
      // Of a stack the first line says enough; the story shows the rest.
      if (message.type() === "error") heard.push(message.text().split("\n", 1).join());
    });
    page.on("request", (request) => {
      if (!/^(http:\/\/127\.0\.0\.1:|data:|blob:)/.test(request.url())) heard.push(`asks for ${request.url()}`);
    });
    // All stories share a page, which is quicker by half; only after one that is not drawn there is a fresh one.
    let fresh = true;
    for (let group = left.shift(); group !== undefined; group = left.shift()) {
      for (const id of group) {
        heard = [];
        const failure: string | null = fresh ? await open(page, id) : await change(page, id);
        const faults = failure === null ? await faultsOf(page) : [`is not drawn: ${failure}`];
        found.push(...[...faults, ...heard].map((text) => `${id}: ${text}`));
        fresh = failure !== null;
      }
    }
    await context.close();
  };
  await Promise.all(Array.from({ length: PAGES }, visitAll));
  expect(found.toSorted()).toEqual([]);
}, 1_200_000);

test("what not everybody can use is found, by theme", async () => {
  const page = await browser.newPage();
  await page.setContent(`<html lang="en"><title>Planted</title><style>[data-theme="dark"] p { color: #999 }</style>
    <main><h1>Planted</h1><button></button><p>Words</p></main>`);
  expect((await violationsOf(page)).map(({ rule }) => rule)).toEqual(["button-name"]);
  expect(await violationsOf(page, { without: ["button-name"] })).toEqual([]);
  await page.evaluate(() => (document.documentElement.dataset["theme"] = "dark"));
  expect((await violationsOf(page, { only: COLOUR_RULES })).map(({ rule, selector }) => [rule, selector])).toEqual([
    ["color-contrast", "p"],
  ]);
  await page.close();
});

/** Loads a page with a story; null where it is drawn, and else why not. */
async function open(page: Page, id: string): Promise<string | null> {
  await page.goto(stories.address(id));
  // Storybook keeps its own error pages hidden in the page; their links are none of the panel's.
  await page.evaluate(() => document.querySelectorAll(".sb-wrapper a").forEach((link) => link.remove()));
  return drawn(page, id);
}

/** Shows another story on the page as it is. */
async function change(page: Page, id: string): Promise<string | null> {
  await page.evaluate((storyId) => {
    localStorage.clear();
    const { __STORYBOOK_ADDONS_CHANNEL__: channel } = window as unknown as {
      __STORYBOOK_ADDONS_CHANNEL__: { emit(event: string, ...facts: readonly unknown[]): void };
    };
    channel.emit("setCurrentStory", { storyId, viewMode: "story" });
  }, id);
  return drawn(page, id);
}

/** Waits until the story is drawn and what it does is done. */
async function drawn(page: Page, id: string): Promise<string | null> {
  try {
    const outcome = await page.waitForFunction((wanted) => {
      if (document.documentElement.dataset["story"] === wanted) return { failure: null };
      if (!document.body.classList.contains("sb-show-errordisplay")) return null;
      return { failure: document.getElementById("error-message")?.textContent ?? "no reason is given" };
    }, id);
    return (await outcome.jsonValue())?.failure ?? null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** What of the story on the page, in one of the themes, not everybody can use. */
async function faultsOf(page: Page): Promise<string[]> {
  const isWhole = await page.evaluate(() => document.documentElement.dataset["whole"] === "true");
  const light = await violationsOf(page, { without: isWhole ? [] : PAGE_RULES });
  await page.evaluate(() => (document.documentElement.dataset["theme"] = "dark"));
  const dark = await violationsOf(page, { only: COLOUR_RULES });
  const told = (theme: string) => (one: Violation) => `${theme}: ${one.rule}: ${one.selector}: ${one.why}`;
  return [...light.map(told("light")), ...dark.map(told("dark"))];
}
