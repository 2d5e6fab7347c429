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
  [stories, browser] = await Promise.all([builtStories(), launchBrowser()]);
});
afterAll(async () => {
  await browser.close();
  await stories.remove();
});

test("every story is drawn in light and dark, without errors, and can be used by everybody", async () => {
  const left = [...stories.ids];
  expect(left.length).toBeGreaterThan(40);
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
      if (message.type() === "error") heard.push(message.text());
    });
    page.on("request", (request) => {
      if (!/^(http:\/\/127\.0\.0\.1:|data:|blob:)/.test(request.url())) heard.push(`asks for ${request.url()}`);
    });
    for (let id = left.shift(); id !== undefined; id = left.shift()) {
      heard = [];
      found.push(...(await faultsOf(page, id)), ...heard.map((text) => `${id}: ${text}`));
    }
    await context.close();
  };
  await Promise.all(Array.from({ length: PAGES }, visitAll));
  expect(found.toSorted()).toEqual([]);
});

/** What is wrong with one story: not drawn, or in one of the themes not to be used by everybody. */
async function faultsOf(page: Page, id: string): Promise<string[]> {
  await page.goto(stories.address(id));
  const drawn = await page.waitForFunction((wanted) => {
    if (document.documentElement.dataset["story"] === wanted) return "drawn";
    const failed = document.body.classList.contains("sb-show-errordisplay");
    return failed ? (document.getElementById("error-message")?.textContent ?? "no text") : null;
  }, id);
  const outcome = await drawn.jsonValue();
  if (outcome !== "drawn") return [`${id}: is not drawn: ${outcome}`];
  const isWhole = await page.evaluate(() => document.documentElement.dataset["whole"] === "true");
  const light = await violationsOf(page, { without: isWhole ? [] : PAGE_RULES });
  await page.evaluate(() => (document.documentElement.dataset["theme"] = "dark"));
  const dark = await violationsOf(page, { only: COLOUR_RULES });
  const told = (theme: string) => (one: Violation) => `${id}: ${theme}: ${one.rule}: ${one.selector}: ${one.why}`;
  return [...light.map(told("light")), ...dark.map(told("dark"))];
}
