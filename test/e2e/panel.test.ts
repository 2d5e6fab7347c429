import { writeFile } from "node:fs/promises";
import path from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser } from "../fixtures/browser.ts";
import { testInstance, type TestInstance } from "../fixtures/instance.ts";

let instance: TestInstance;
let browser: Browser;
let url: string;

beforeAll(async () => {
  [instance, browser] = await Promise.all([testInstance(), launchBrowser()]);
  const serve = await instance.serve();
  url = (JSON.parse(await serve.firstOutput()) as { url: string }).url;
});
afterAll(async () => {
  await browser.close();
  await instance.remove();
});

/** A page that fails the test on any error in its console, and on any request that leaves this machine. */
async function openPage(address: string): Promise<{ page: Page; complaints: string[] }> {
  const page = await browser.newPage({ colorScheme: "light" });
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("request", (request) => {
    if (!/^(http|ws):\/\/(127\.0\.0\.1|localhost):/.test(request.url())) complaints.push(request.url());
  });
  await page.goto(address);
  return { page, complaints };
}

test("the link opens the panel once, and what the command line does shows at once", async () => {
  const { page, complaints } = await openPage(url);
  await page.getByText("Database").first().waitFor();
  // The token is gone from the address, so that neither history nor a copied link holds it.
  expect(page.url()).not.toContain("#");

  await instance.json(["companies", "create", "--name", "Acme", "--prefix", "ACM"]);
  const agent = path.join(instance.home, "agent.json");
  await writeFile(agent, JSON.stringify({ command: ["/bin/sh", "-c", "exit 3"], instructions: "none" }));
  await instance.json(["agents", "create", "--name", "shell", "--adapter", "process", "--config-file", agent]);
  const routine = path.join(instance.home, "routine.json");
  const title = '<img src=x onerror="document.title=1"> Sweep';
  await writeFile(routine, JSON.stringify({ title, instructions: "", agent: "shell" }));
  const { id } = await instance.json<{ id: string }>(["routines", "create", "--file", routine]);
  expect((await instance.run(["routines", "run", id, "--wait"])).code).toBe(1);

  await page.getByText(title).first().waitFor();
  await page
    .getByText(/failed/i)
    .first()
    .waitFor();
  expect(complaints).toEqual([]);
  await page.close();
});

test("a link that was used is refused, and says what to do", async () => {
  const { page } = await openPage(url);
  await page.getByText(/link/i).first().waitFor();
  expect(await page.getByText("Sweep").count()).toBe(0);
  await page.close();
});

test("a fresh link opens the panel again", async () => {
  const fresh = await instance.json<{ url: string }>(["open"]);
  const { page } = await openPage(fresh.url);
  await page.getByText("Database").first().waitFor();
  await page.close();
});
