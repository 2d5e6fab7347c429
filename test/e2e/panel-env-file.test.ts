import { writeFile } from "node:fs/promises";
import path from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser } from "../fixtures/browser.ts";
import { testInstance, type TestInstance } from "../fixtures/instance.ts";
import { heldBy, openPanel, type PanelPage } from "../fixtures/panel.ts";

const THERE = "hush-there-already";
const NEW = "hush-new-here";
const CLEAR = "hush-in-clear";

let instance: TestInstance;
let browser: Browser;
let panel: PanelPage;
let agentId: string;

beforeAll(async () => {
  [instance, browser] = await Promise.all([testInstance(), launchBrowser()]);
  await instance.serve();
  await instance.json(["companies", "create", "--name", "Acme", "--prefix", "ACM"]);
  const config = path.join(instance.home, "agent.json");
  const script = 'echo "$GH_TOKEN $NPM_TOKEN $LOG_LEVEL $REGION"';
  await writeFile(config, JSON.stringify({ command: ["/bin/sh", "-c", script], instructions: "none" }));
  const agent = ["agents", "create", "--name", "shell", "--adapter", "process", "--config-file", config];
  ({ id: agentId } = await instance.json<{ id: string }>(agent));
  await instance.json(["secrets", "create", "--key", "npm-publish", "--value-stdin"], { input: THERE });
  await instance.json(["routines", "create", "--title", "Print", "--agent", "shell"]);
  panel = await openPanel(browser, (await instance.json<{ url: string }>(["open"])).url);
  await panel.page.getByRole("heading", { level: 1, name: "Home" }).waitFor();
});
afterAll(async () => {
  await browser.close();
  await instance.remove();
});

test("a .env file is imported as it was shown, and a run gets its values masked", async () => {
  const { page } = panel;
  await panel.go(`/agents/${agentId}`);
  await page.getByRole("button", { name: "Import a .env file…" }).click();
  const text = `GH_TOKEN=${NEW}\nNPM_TOKEN=${THERE}\nLOG_LEVEL=debug\nREGION=eu\n`;
  const buffer = Buffer.from(text);
  await page.locator("input[type=file]").setInputFiles({ name: ".env", mimeType: "text/plain", buffer });
  await page.getByRole("button", { name: "Preview import" }).click();
  const row = (key: string) => page.getByRole("listitem").filter({ hasText: key });
  await row("GH_TOKEN").getByText("new", { exact: true }).waitFor();
  await row("NPM_TOKEN").getByText("npm-publish").waitFor();
  await row("REGION").getByRole("button").click();
  await page.getByRole("option", { name: "Leave out" }).click();
  await row("REGION").getByText("left out").waitFor();
  await page.getByRole("button", { name: "Import 3 keys" }).click();
  await page.getByText("3 keys are imported into the agent shell").waitFor();
  await page.getByRole("button", { name: "Close" }).last().click();
  await page.getByRole("group", { name: "GH_TOKEN", exact: true }).waitFor();

  const spoken = await instance.json<{ id: string; status: string }>(["routines", "run", "Print", "--wait"]);
  const { lines } = await instance.json<{ lines: { text: string }[] }>(["runs", "logs", spoken.id]);
  expect(lines.map((line) => line.text)).toEqual(["*** *** debug "]);
  expect(await heldBy(page)).not.toMatch(/hush/);
  // Only the questions about the file carry it: two previews and the import.
  const carrying = panel.messages.filter((message) => message.includes("hush"));
  expect(carrying.length).toBe(3);
  for (const message of carrying) expect(message).toContain("/inlineSecrets/import");
});

test("a credential that is refused in clear is sealed at its line", async () => {
  const { page } = panel;
  await page.getByLabel("New key", { exact: true }).fill("GL_TOKEN");
  await page.getByLabel("Value of GL_TOKEN", { exact: true }).fill(CLEAR);
  await page.getByRole("button", { name: "Save agent" }).click();
  await page.getByText("a credential is not saved in clear", { exact: false }).first().waitFor();
  await page.getByRole("button", { name: "Seal into a secret" }).click();
  await page.getByRole("button", { name: "Seal value" }).click();
  await page.getByText("the plain value is gone", { exact: false }).waitFor();
  await page.getByRole("button", { name: "Save agent" }).click();
  await page.getByText("Agent shell is saved.").waitFor();
});

test("what stands in clear already is noticed, reviewed and sealed", async () => {
  const { page } = panel;
  await instance.json(["configure", "--section", "secrets", "--set", "strictMode=false"]);
  const env = path.join(instance.home, "env.json");
  await writeFile(env, JSON.stringify({ GL_TOKEN: CLEAR, OLD_PASSWORD: "hush-old" }));
  await instance.json(["projects", "create", "--name", "site", "--env-file", env]);
  await panel.go("/secrets");
  await page.getByText("2 credentials stand in clear").waitFor();
  await page.getByRole("button", { name: "Review values in clear" }).click();
  await page.getByRole("checkbox", { name: "OLD_PASSWORD of the project site" }).waitFor();
  await page.getByRole("button", { name: "Seal 2 values" }).click();
  await page.getByText("2 values are sealed").waitFor();
  await page.getByRole("button", { name: "Close" }).last().click();
  await page.getByText("stand in clear").waitFor({ state: "detached" });
  const { env: sealed } = await instance.json<{ env: Record<string, { type: string }> }>(["projects", "show", "site"]);
  expect(Object.values(sealed).map(({ type }) => type)).toEqual(["secret_ref", "secret_ref"]);
  expect(panel.complaints).toEqual([]);
  await instance.json(["configure", "--section", "secrets", "--set", "strictMode=true"]);
});
