import { readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RoutineRecord } from "../../preload/contract/routines.ts";
import { COLOUR_RULES, violationsOf } from "../fixtures/axe.ts";
import { eventually } from "../fixtures/conditions.ts";
import { launchBrowser } from "../fixtures/browser.ts";
import { testInstance, type TestInstance } from "../fixtures/instance.ts";
import { freePort } from "../fixtures/free-port.ts";
import { openPanel } from "../fixtures/panel.ts";

let instance: TestInstance;
let browser: Browser;
let url: string;

beforeAll(async () => {
  [instance, browser] = await Promise.all([testInstance(), launchBrowser()]);
  // One that no connection of this machine is given while nobody listens there.
  const serve = await instance.serve({ port: await freePort() });
  url = (JSON.parse(await serve.firstOutput()) as { url: string }).url;
});
afterAll(async () => {
  await browser.close();
  await instance.remove();
});

test("the link opens the panel once, and what the command line does shows at once", async () => {
  const { page, complaints, go } = await openPanel(browser, url);
  await page.getByRole("heading", { name: "Name the company" }).waitFor();
  // The token is gone from the address, so that neither history nor a copied link holds it.
  expect(page.url()).not.toContain("token");

  await instance.json(["companies", "create", "--name", "Acme", "--prefix", "ACM"]);
  const agent = path.join(instance.home, "agent.json");
  await writeFile(agent, JSON.stringify({ command: ["/bin/sh", "-c", "exit 3"], instructions: "none" }));
  await instance.json(["agents", "create", "--name", "shell", "--adapter", "process", "--config-file", agent]);
  const routine = path.join(instance.home, "routine.json");
  const title = '<img src=x onerror="document.title=1"> Sweep';
  await writeFile(routine, JSON.stringify({ title, instructions: "", agent: "shell" }));
  const { id } = await instance.json<{ id: string }>(["routines", "create", "--file", routine]);
  expect((await instance.run(["routines", "run", id, "--wait"])).code).toBe(1);

  // The first steps go on by themselves: everything that they ask for is there now.
  await page.getByRole("heading", { name: "Run it" }).waitFor();
  await go("/");
  await page.getByText(title).first().waitFor();
  await page
    .getByText(/failed/i)
    .first()
    .waitFor();
  expect(await page.title()).toBe("Home · Paperclip Desktop");
  expect(complaints).toEqual([]);
  await page.close();
});

test("a link that was used is refused, and says what to do", async () => {
  const { page } = await openPanel(browser, url);
  await page.getByText(/link/i).first().waitFor();
  expect(await page.getByText("Sweep").count()).toBe(0);
  await page.close();
});

test("a fresh link opens the panel again", async () => {
  const { page } = await openPanel(browser, await freshLink());
  await page.getByText("Database").first().waitFor();
  await page.close();
});

const PLACES = [
  "/",
  "/inbox",
  "/routines",
  "/routines/new",
  ...["overview", "runs", "secrets", "history", "activity"].map((tab) => `/routines/ROUTINE?tab=${tab}`),
  "/runs",
  ...["log", "environment", "timeline", "details"].map((tab) => `/runs/RUN?tab=${tab}`),
  "/secrets",
  "/secrets/SECRET",
  "/agents",
  "/agents/new",
  "/agents/AGENT",
  "/projects",
  "/projects/new",
  "/projects/PROJECT",
  ...["general", "database", "secrets", "scheduler"].map((section) => `/settings?section=${section}`),
  "/nowhere",
];

test("every screen can be used by everybody, light and dark, wide and narrow", async () => {
  const ids = await records();
  const panel = await openPanel(browser, await freshLink());
  const found: string[] = [];
  for (const place of PLACES) {
    await panel.go(place.replace(/ROUTINE|RUN|SECRET|AGENT|PROJECT/, (kind) => ids[kind as keyof typeof ids]));
    await panel.page.locator("#content h1").waitFor();
    await eventually(async () => (await panel.page.locator(".skeleton").count()) === 0);
    for (const width of [1_200, 720]) {
      await panel.page.setViewportSize({ width, height: 800 });
      for (const colorScheme of ["light", "dark"] as const) {
        await panel.page.emulateMedia({ colorScheme });
        const look = () => violationsOf(panel.page, colorScheme === "dark" ? { only: COLOUR_RULES } : {});
        // What an answer that comes late still changes is looked at again; what is wrong stays wrong.
        let violations = await look();
        for (let again = 0; again < 3 && violations.length > 0; again += 1) violations = await look();
        for (const { rule, selector, why } of violations)
          found.push(`${place} at ${width}, ${colorScheme}: ${rule} ${selector} ${why}`);
      }
      const wide = await panel.page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
      if (wide) found.push(`${place} at ${width}: is wider than the window`);
    }
  }
  expect(found).toEqual([]);
  expect(panel.complaints).toEqual([]);
  await panel.page.context().close();
});

test("the keyboard alone leads to a run and its log", async () => {
  const { page, complaints } = await openPanel(browser, await freshLink());
  await page.getByRole("heading", { level: 1, name: "Home" }).waitFor();
  const { keyboard } = page;
  // The first stop skips to the content.
  await keyboard.press("Tab");
  await keyboard.press("Enter");
  expect(await page.evaluate(() => document.activeElement?.id)).toBe("content");
  await keyboard.press("Control+k");
  await page.getByRole("dialog", { name: /Go to/ }).waitFor();
  await keyboard.type("routines");
  // What Enter chooses is what the field points to, which follows what was typed.
  await page
    .locator('[role="menuitem"][data-focused]')
    .filter({ hasText: /^Routines/ })
    .waitFor();
  await keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Routines" }).waitFor();
  const link = page.getByRole("link", { name: /Sweep/ });
  await link.waitFor();
  for (
    let stops = 0;
    stops < 30 && !(await link.evaluate((element) => element === document.activeElement));
    stops += 1
  ) {
    await keyboard.press("Tab");
  }
  await keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: /Sweep/ }).waitFor();
  await page.getByRole("button", { name: /^Run now/ }).waitFor();
  await keyboard.press("Control+Enter");
  await page.waitForURL(/#\/runs\//);
  await page.getByText("exit 3").first().waitFor();
  expect(complaints).toEqual([]);
  await page.context().close();
});

test("two tabs that change one routine lose nothing: the second merges", async () => {
  const { ROUTINE } = await records();
  const context = await browser.newContext({ reducedMotion: "reduce" });
  const url = await freshLink();
  const one = await openPanel(context, url);
  await one.page.getByRole("heading", { level: 1, name: "Home" }).waitFor();
  const other = await openPanel(context, new URL(url).origin);
  for (const { go } of [one, other]) await go(`/routines/${ROUTINE}`);
  await one.page.getByLabel("Instructions").fill("From the first tab.");
  await other.page.getByLabel("Title").fill("Swept twice");
  await one.page.getByRole("button", { name: "Save revision" }).click();
  await one.page
    .getByText(/Revision 2/)
    .first()
    .waitFor();
  // The second tab hears of it and keeps what was typed.
  await other.page.getByRole("button", { name: "Review and merge" }).click();
  await other.page.getByRole("dialog").getByRole("button", { name: /^Save/ }).click();
  await other.page.getByRole("heading", { level: 1, name: "Swept twice" }).waitFor();
  const { title, instructions, latestRevisionNumber } = await instance.json<RoutineRecord>([
    "routines",
    "show",
    ROUTINE,
  ]);
  expect({ title, instructions, latestRevisionNumber }).toEqual({
    title: "Swept twice",
    instructions: "From the first tab.",
    latestRevisionNumber: 3,
  });
  await context.close();
});

test("a database that is down is said with its cause, and can be started again from the panel", async () => {
  const { page, go } = await openPanel(browser, await freshLink());
  await page.getByRole("heading", { level: 1, name: "Home" }).waitFor();
  const version = path.join(instance.root, "db", "PG_VERSION");
  await rename(version, `${version}.away`);
  const [postmaster] = (await readFile(path.join(instance.root, "db", "postmaster.pid"), "utf8")).split("\n");
  process.kill(Number(postmaster), "SIGKILL");
  await go("/secrets");
  // Never an empty list where there was an error.
  await page.getByRole("button", { name: "Start the database" }).first().waitFor();
  expect(await page.getByText("No secret yet").count()).toBe(0);
  await eventually(() => page.getByRole("button", { name: "Create secret" }).isDisabled());
  await page.getByRole("list", { name: "State" }).getByText("failed").waitFor();
  await rename(`${version}.away`, version);
  await page.getByRole("button", { name: "Start the database" }).first().click();
  await page.getByRole("list", { name: "State" }).getByText("ready").first().waitFor();
  await page.getByRole("link", { name: "panel-token" }).waitFor();
  await page.context().close();
});

test("a panel whose app was stopped keeps what was typed, and goes on with a fresh link", async () => {
  const { ROUTINE } = await records();
  const context = await browser.newContext({ reducedMotion: "reduce" });
  const url = await freshLink();
  const { page, go, complaints } = await openPanel(context, url);
  await page.getByRole("heading", { level: 1, name: "Home" }).waitFor();
  await go(`/routines/${ROUTINE}`);
  await page.getByLabel("Instructions").fill("Typed while it stopped.");
  await instance.run(["stop"]);
  await page.getByText(/The connection to Paperclip Desktop is lost/).waitFor();
  await eventually(() => page.getByRole("button", { name: "Save revision" }).isDisabled());
  const again = instance.start(["serve", "--port", new URL(url).port, "--json"]);
  const { url: link } = JSON.parse(await again.firstOutput()) as { url: string };
  await page.getByText(/does not know this browser/).waitFor();
  const helper = await openPanel(context, link);
  await helper.page.getByText("Database").first().waitFor();
  await page.getByText(/does not know this browser/).waitFor({ state: "hidden" });
  expect(await page.getByLabel("Instructions").inputValue()).toBe("Typed while it stopped.");
  await page.getByRole("button", { name: "Save revision" }).click();
  await page
    .getByText(/Revision 4/)
    .first()
    .waitFor();
  // The browser itself says that it could not connect; the panel threw nothing.
  expect(complaints.filter((complaint) => !/^WebSocket connection to|ERR_CONNECTION|401/.test(complaint))).toEqual([]);
  await context.close();
});

async function freshLink(): Promise<string> {
  return (await instance.json<{ url: string }>(["open"])).url;
}

/** The ids of what the tests before made, and a secret and a project, made here once. */
async function records() {
  const { secrets } = await instance.json<{ secrets: readonly { id: string }[] }>(["secrets", "list"]);
  if (secrets.length === 0) {
    await instance.json(["secrets", "create", "--key", "panel-token", "--value-stdin"], {
      input: "a-value-of-the-panel",
    });
    await instance.json(["projects", "create", "--name", "Website"]);
    return records();
  }
  const idOf = async (area: string) => {
    const answer = await instance.json<Record<string, readonly { id: string }[]>>([area, "list"]);
    const [one] = answer[area] ?? [];
    if (!one) throw new Error(`there is nothing in ${area}`);
    return one.id;
  };
  return {
    ROUTINE: await idOf("routines"),
    RUN: await idOf("runs"),
    SECRET: await idOf("secrets"),
    AGENT: await idOf("agents"),
    PROJECT: await idOf("projects"),
  };
}
