import { randomBytes } from "node:crypto";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser } from "../fixtures/browser.ts";
import { testInstance, type TestInstance } from "../fixtures/instance.ts";
import { heldBy, openPanel, type PanelPage } from "../fixtures/panel.ts";

/*
 * The operator's whole path, as somebody new would go it: from an empty instance to a first run, and then a routine that is
 * made, run, changed, restored, and stopped by a disabled secret. One story, told in the order of its steps.
 */

let instance: TestInstance;
let browser: Browser;
let panel: PanelPage;
const first = `first-${randomBytes(12).toString("hex")}`;
const second = `second-${randomBytes(12).toString("hex")}`;

beforeAll(async () => {
  [instance, browser] = await Promise.all([testInstance(), launchBrowser()]);
  const serve = await instance.serve();
  const { url } = JSON.parse(await serve.firstOutput()) as { url: string };
  panel = await openPanel(browser, url);
});
afterAll(async () => {
  await browser.close();
  await instance.remove();
});

const press = (name: string | RegExp) => panel.page.getByRole("button", { name }).first().click();
const sees = (text: string | RegExp) => panel.page.getByText(text).filter({ visible: true }).first().waitFor();

/** After a value was entered: it is nowhere in the page, and crossed to the control plane once. */
async function expectForgotten(value: string): Promise<void> {
  expect(await heldBy(panel.page)).not.toContain(value);
  expect(panel.messages.filter((message) => message.includes(value))).toHaveLength(1);
}

test("the path of the panel", async () => {
  const { page } = panel;

  // From nothing to a masked log.
  await page.getByLabel("Name").fill("Acme Labs");
  await press("Create company");
  await page.getByRole("radio", { name: /Any program/ }).waitFor();
  await press("Create agent");
  await press(/^Go on/);
  const value = page.getByLabel("Value", { exact: true });
  expect(await value.getAttribute("type")).toBe("password");
  await press("Create routine");
  // Nothing was given: it is said at the field, and what was typed elsewhere stays.
  await sees("it is empty");
  await value.fill(first);
  await press("Create routine");
  await press("Run it now");
  await sees("The routine ran");
  await sees("The token in this log: ***");
  await expectForgotten(first);

  // A secret of one's own.
  await panel.go("/secrets");
  await press("Create secret");
  await page.getByLabel("Key", { exact: true }).fill("gh-token");
  await page.getByRole("dialog").getByLabel("Value", { exact: true }).fill(second);
  await page.getByRole("dialog").getByRole("button", { name: "Create secret" }).click();
  await page.getByRole("link", { name: "gh-token" }).waitFor();
  await expectForgotten(second);

  // A routine that is given it.
  await panel.go("/routines/new");
  await page.getByLabel("Title").fill("Nightly triage");
  await page.getByLabel("Instructions").fill("Look at the inbox.");
  await page.getByRole("button", { name: /Agent$/ }).click();
  await page.getByRole("option", { name: "Shell" }).click();
  await page.getByRole("textbox", { name: "New key", exact: true }).fill("TRY_TOKEN");
  await page
    .getByRole("button", { name: /Source of/ })
    .first()
    .click();
  await page.getByRole("option", { name: /^secret/i }).click();
  await page
    .getByRole("combobox", { name: /Secret of/ })
    .first()
    .fill("gh");
  await page.getByRole("option", { name: /gh-token/ }).click();
  await press("Create routine");
  await page.getByRole("heading", { level: 1, name: "Nightly triage" }).waitFor();
  await press(/^Run now/);
  await page.waitForURL(/#\/runs\//);
  await sees("The token in this log: ***");
  await page.getByRole("tab", { name: "Environment" }).click();
  await page.getByRole("tabpanel", { name: "Environment" }).getByText("TRY_TOKEN").waitFor();

  // A change is a revision, and the one before comes back.
  await panel.go("/routines");
  await page.getByRole("link", { name: "Nightly triage" }).click();
  await page.getByLabel("Instructions").fill("Look at the inbox, and be brief.");
  await press("Save revision");
  await page.getByRole("tab", { name: "History" }).click();
  await page.getByRole("button", { name: /^r2 Current/ }).waitFor();
  await sees("Look at the inbox, and be brief.");
  await press(/^Restore r1/);
  await page
    .getByRole("dialog")
    .getByRole("button", { name: /^Restore/ })
    .click();
  await page.getByRole("button", { name: /^r3 Current/ }).waitFor();
  await page.getByRole("tab", { name: "Overview" }).click();
  await expect.poll(() => page.getByLabel("Instructions").inputValue()).toBe("Look at the inbox.");

  // A disabled secret stops the run, and the run says why and where to go.
  await panel.go("/secrets");
  await page.getByRole("link", { name: "gh-token" }).click();
  await press("Disable secret");
  await page.getByRole("dialog").getByText("Nightly triage").waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Disable secret" }).click();
  await page.getByRole("button", { name: "Enable secret" }).waitFor();
  await panel.go("/");
  await sees(/Needs you/);
  await page.getByRole("main").getByRole("link", { name: "Nightly triage" }).first().click();
  await press(/^Run now/);
  await sees(/is disabled/);

  expect(panel.complaints).toEqual([]);
  expect(await heldBy(page)).not.toContain(second);
});
