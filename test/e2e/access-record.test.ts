import { randomUUID } from "node:crypto";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser } from "../fixtures/browser.ts";
import { eventually } from "../fixtures/conditions.ts";
import { testInstance, type TestInstance } from "../fixtures/instance.ts";
import { heldBy, openPanel, type PanelPage } from "../fixtures/panel.ts";
import { sqlIn } from "../fixtures/past-the-product.ts";

/*
 * The record of access in the panel: what is asked for appears, and what somebody does to the record in the database is found.
 */

const value = `canary-${randomUUID()}`;
let instance: TestInstance;
let browser: Browser;
let panel: PanelPage;

beforeAll(async () => {
  [instance, browser] = await Promise.all([testInstance(), launchBrowser()]);
  await instance.serve();
  await call("companies.create", { name: "Acme", issuePrefix: "ACM" });
  await call("agents.create", {
    name: "shell",
    adapter: "process",
    config: { command: ["/bin/sh", "-c", 'echo "$TOKEN"'], instructions: "none" },
  });
  await instance.json(["secrets", "create", "--key", "gh-token", "--value-stdin"], { input: value });
  const env = { TOKEN: { type: "secret_ref", secret: "gh-token" } };
  await call("routines.create", { routine: { title: "Sweep", agent: "shell", instructions: "", env } });
  panel = await openPanel(browser, (await instance.json<{ url: string }>(["open"])).url);
  await panel.page.getByRole("heading", { level: 1, name: "Home" }).waitFor();
});
afterAll(async () => {
  await browser.close();
  await instance.remove();
});

test("a read and a refusal appear by themselves, are narrowed, and lead to run and secret", async () => {
  const { page, go } = panel;
  const row = (name: RegExp) => page.getByRole("row", { name });
  await go("/secrets/access");
  await page.getByText("No access event yet").waitFor();
  const read = await call("routines.run", { routine: "Sweep" });
  await row(/#1 .*gh-token.*given.*routine Sweep.*TOKEN.*shell/).waitFor();
  await call("secrets.disable", { secret: "gh-token" });
  await call("routines.run", { routine: "Sweep" });
  await row(/#2 .*gh-token.*refused: it was not active.*routine Sweep/).waitFor();
  await page.getByText("Sealed up to #2.").waitFor();

  await page.getByRole("button", { name: /Outcome/ }).click();
  await page.getByRole("option", { name: "Given", exact: true }).click();
  await row(/#2 /).waitFor({ state: "hidden" });
  expect(new URL(page.url()).hash).toBe("#/secrets/access?outcome=success");
  await page.reload();
  await row(/#1 /).getByRole("link", { name: /^#/ }).click();
  await page.waitForURL((url) => url.hash.startsWith(`#/runs/${read}`));
  await page.goBack();
  await row(/#1 /)
    .getByRole("link", { name: /gh-token/ })
    .click();
  await page.getByRole("link", { name: "Open in Access" }).click();
  await row(/#2 /).waitFor();
});

test("the record is verified, and a row that was changed in the database is named and led to", async () => {
  const { page, go } = panel;
  await go("/secrets/access");
  const verify = page.getByRole("button", { name: "Verify record" });
  await verify.click();
  await page.getByText("The record is unbroken.").waitFor();
  await page.getByText("2 events were checked and are as written, sealed up to #2.").waitFor();
  await sqlIn(
    instance.root,
    "update secret_access_events set outcome = 'success', error_code = null where sequence = 2",
  );
  await verify.click();
  await page.getByText(/The record is broken\. Event #2 is not what was sealed/).waitFor();
  await page.getByRole("link", { name: "Show #2" }).click();
  await eventually(async () => (await page.locator('[role=row][aria-current="true"]').innerText()).includes("#2"));
  await page.reload();
  await page.getByText("The record was found broken: event #2 was changed.").waitFor();
  expect(panel.complaints).toEqual([]);
  expect(await heldBy(page)).not.toContain(value);
  expect(panel.messages.join("\n")).not.toContain(value);
});

/** Calls a procedure as a script does, and answers with the id of what it answered. */
async function call(procedure: string, input: unknown): Promise<string> {
  return (await instance.json<{ id: string }>(["call", procedure, "--input", JSON.stringify(input)])).id;
}
