import { randomBytes } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser } from "../fixtures/browser.ts";
import { needlesOf, sweep } from "../fixtures/canary.ts";
import { testInstance, type TestInstance } from "../fixtures/instance.ts";
import { heldBy, openPanel, type PanelPage } from "../fixtures/panel.ts";

/*
 * The way of a recovery code in the panel: it is made, kept, proven, outlives a rotation of the master key, and opens the
 * vault when the key file is gone. One story, told in the order of its steps.
 */

let instance: TestInstance;
let browser: Browser;
let panel: PanelPage;
let routine: string;
/** The recovery code, as the panel showed it. */
let code: string;

const value = randomBytes(12).toString("hex");

beforeAll(async () => {
  [instance, browser] = await Promise.all([testInstance(), launchBrowser()]);
  await instance.serve();
  await call("companies.create", { name: "Acme", issuePrefix: "ACM" });
  const config = { command: ["/bin/sh", "-c", `[ "\${#TOKEN}" -eq ${value.length} ]`], instructions: "none" };
  await call("agents.create", { name: "shell", adapter: "process", config });
  await instance.json(["secrets", "create", "--key", "gh-token", "--value-stdin"], { input: value });
  const env = { TOKEN: { type: "secret_ref", secret: "gh-token" } };
  routine = await call("routines.create", { routine: { title: "Sweep", agent: "shell", instructions: "", env } });
  panel = await freshPanel();
});
afterAll(async () => {
  await browser.close();
  await instance.remove();
});

const dialog = (name: string) => panel.page.getByRole("dialog", { name });
const press = (name: string | RegExp) => panel.page.getByRole("button", { name }).first().click();

test("a recovery code is made, kept and proven, and is nowhere in the page then", async () => {
  const { page, go } = panel;
  await go("/secrets");
  await page.getByText("There is no recovery code yet").waitFor();
  await page.getByRole("main").getByRole("link", { name: "Open vault settings" }).click();
  await press("Create recovery code");
  await dialog("Create a recovery code").getByRole("button", { name: "Create recovery code" }).click();

  const keep = dialog("Keep the recovery code");
  const shown = await keep.locator(".recovery-sheet-code").innerText();
  code = squeezed(shown);
  expect(code).toMatch(/^AGE-SECRET-KEY-1[0-9A-Z]{58}$/);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    keep.getByRole("button", { name: "Save to file" }).click(),
  ]);
  expect(download.suggestedFilename()).toMatch(/^paperclip-recovery-default-\d{4}-\d\d-\d\d\.txt$/);
  const file = await readFile(await download.path(), "utf8");
  expect(file.split("\n")).toContain(code);

  // It is not lost by a key that slipped, nor by a way back.
  await keep.getByRole("button", { name: "Copy code" }).press("Escape");
  await dialog("Leave without the proof?").getByRole("button", { name: "Stay" }).click();
  await page.goBack();
  await dialog("Leave without the proof?").getByRole("button", { name: "Stay" }).click();
  expect(squeezed(await keep.locator(".recovery-sheet-code").innerText())).toBe(code);
  expect(squeezed(await printed(page))).toContain(code);

  await keep.getByRole("button", { name: "It is kept: prove it" }).click();
  const prove = dialog("Prove the recovery code");
  await expectForgotten(page);
  const field = prove.getByLabel("Recovery code");
  await field.fill(code.replace(/.$/, (last) => (last === "Q" ? "P" : "Q")));
  await prove.getByRole("button", { name: "Test recovery code" }).click();
  await prove.getByText("has a mistake in it", { exact: true }).waitFor();
  await field.fill(shown.toLowerCase().replaceAll(/\s+/g, " "));
  await prove.getByRole("button", { name: "Test recovery code" }).click();
  const done = dialog("The recovery code is proven");
  await done.getByRole("button", { name: "Close" }).last().click();
  await expectForgotten(page);
  // It crossed when it was made and when it was proven.
  const heard = panel.messages.filter((message) => squeezed(message).includes(code));
  expect(heard).toHaveLength(2);
  await page.getByText("Last proven").waitFor();
  expect(panel.complaints).toEqual([]);
});

test("a rotation keeps the key of before until it is forgotten, and the recovery code in force", async () => {
  const { page } = panel;
  await press("Rotate master key");
  await dialog("Rotate the master key").getByRole("button", { name: "Rotate master key" }).click();
  await page.getByText("wraps no version").waitFor();
  await press("Test recovery code");
  const drill = dialog("Test the recovery code");
  await drill.getByLabel("Recovery code").fill(code);
  await drill.getByRole("button", { name: "Test recovery code" }).click();
  await drill.getByText(/The code opens the master key/).waitFor();
  await drill.getByRole("button", { name: "Close" }).last().click();
  await press(/^Forget key/);
  await page
    .getByRole("dialog", { name: /^Forget the key/ })
    .getByRole("button", { name: "Forget key" })
    .click();
  await page.getByText("wraps no version").waitFor({ state: "detached" });
  expect(panel.complaints).toEqual([]);
});

test.each<[what: string, keptAside: boolean, spoil: (file: string) => Promise<unknown>]>([
  ["gone", false, (file) => rm(file)],
  ["another one", true, (file) => writeFile(file, `${randomBytes(32).toString("base64")}\n`)],
])("where the key file is %s, the code opens the vault without a restart", async (_, keptAside, spoil) => {
  await panel.page.context().close();
  await instance.json(["stop"]);
  await spoil(path.join(instance.root, "secrets", "master.key"));
  await instance.serve();
  panel = await freshPanel();
  const { page, go } = panel;
  await go("/secrets");
  await page
    .getByText(/The vault is locked/)
    .first()
    .waitFor();
  expect((await instance.run(["routines", "run", routine, "--wait"])).code).not.toBe(0);

  await press("Open with recovery code");
  const open = dialog("Open the vault with the recovery code");
  await open.getByLabel("Recovery code").fill(code);
  await open.getByRole("button", { name: "Open vault" }).click();
  const opened = dialog("The vault is open");
  await opened.getByText(keptAside ? /master\.key\.replaced-/ : "Nothing stood in its place.").waitFor();
  await opened.getByRole("button", { name: "Close" }).last().click();
  await page
    .getByText(/The vault is locked/)
    .first()
    .waitFor({ state: "detached" });
  await expectForgotten(page);
  expect((await instance.run(["routines", "run", routine, "--wait"])).code).toBe(0);
  expect(panel.complaints).toEqual([]);
});

test("the code stands in no file of the instance", async () => {
  await instance.json(["stop"]);
  expect(await sweep(instance.home, needlesOf("the code", code), [])).toEqual([]);
});

async function freshPanel(): Promise<PanelPage> {
  const opened = await openPanel(browser, (await instance.json<{ url: string }>(["open"])).url);
  await opened.page.locator("main h1:not(.unseen)").waitFor();
  return opened;
}

/** The text without blanks and line ends, in upper case, so that a code is found however it is written. */
function squeezed(text: string): string {
  return text.replaceAll(/<[^>]*>|\\[nrt]|\s/g, "").toUpperCase();
}

/** What would stand on paper. */
async function printed(page: Page): Promise<string> {
  await page.emulateMedia({ media: "print" });
  const text = await page.evaluate(() =>
    Array.from(document.querySelectorAll<HTMLElement>("body *"))
      .filter((element) => element.childElementCount === 0 && element.checkVisibility({ visibilityProperty: true }))
      .map((element) => element.textContent)
      .join(" "),
  );
  await page.emulateMedia({ media: "screen" });
  expect(text).not.toContain("Rotate master key");
  return text;
}

/** A dialog that was closed may be there for another moment. */
async function expectForgotten(page: Page): Promise<void> {
  await expect.poll(async () => squeezed(await heldBy(page))).not.toContain(code);
}

/** Calls a procedure as a script does, and answers with the id of what it answered. */
async function call(procedure: string, input: unknown): Promise<string> {
  const answer = await instance.json<{ id: string }>(["call", procedure, "--input", JSON.stringify(input)]);
  return answer.id;
}
