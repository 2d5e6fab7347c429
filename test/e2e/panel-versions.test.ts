import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser } from "../fixtures/browser.ts";
import { testInstance, type TestInstance } from "../fixtures/instance.ts";
import { heldBy, openPanel, type PanelPage } from "../fixtures/panel.ts";

// A secret through its versions, as an operator goes it: what a change would do is said first, and is what happens.

const values = [1, 2].map((number) => `version-${number}-${randomBytes(12).toString("hex")}`);
const [first = "", second = ""] = values;
let instance: TestInstance;
let browser: Browser;
let panel: PanelPage;

beforeAll(async () => {
  [instance, browser] = await Promise.all([testInstance(), launchBrowser()]);
  const serve = await instance.serve();
  const inHome = async (name: string, content: object) => {
    const file = path.join(instance.home, name);
    await writeFile(file, JSON.stringify(content));
    return file;
  };
  await instance.json(["companies", "create", "--name", "Acme", "--prefix", "ACM"]);
  await instance.json(["secrets", "create", "--key", "gh-token", "--value-stdin"], { input: first });
  const agent = await inHome("agent.json", { command: ["true"], instructions: "none" });
  await instance.json(["agents", "create", "--name", "a", "--adapter", "process", "--config-file", agent]);
  for (const [title, version] of [
    ["Follows", "latest"],
    ["Pinned", 1],
  ] as const) {
    const env = { TOKEN: { type: "secret_ref", secret: "gh-token", version } };
    const file = await inHome("routine.json", { title, instructions: "Go.", agent: "a", env });
    await instance.json(["routines", "create", "--file", file]);
  }
  const { url } = JSON.parse(await serve.firstOutput()) as { url: string };
  panel = await openPanel(browser, url);
});
afterAll(async () => {
  await browser.close();
  await instance.remove();
});

test("a rotation, a rollback and a disabled version do what was said before", async () => {
  const { page } = panel;
  const dialog = page.getByRole("dialog");
  const reached = (group: string) => dialog.getByRole("list", { name: group, exact: true });
  const runOf = (title: string) => instance.run(["routines", "run", title, "--wait", "--json"]);
  const readBy = async (title: string) =>
    (JSON.parse((await runOf(title)).stdout) as { manifest: { version?: number }[] }).manifest[0]?.version;
  const choose = async (version: number, action: string) => {
    await page.getByRole("button", { name: `Actions on version ${version}` }).click();
    await page.getByRole("menuitem", { name: action }).click();
  };

  // Rotate with a note: who gets the new value, and who does not, is said before.
  await panel.go("/secrets");
  await page.getByRole("link", { name: "gh-token" }).click();
  await page.getByRole("button", { name: "Rotate secret" }).click();
  await reached("Gets the new value").getByText("Follows").waitFor();
  await reached("Not affected").getByText("stays at v1").waitFor();
  await dialog.getByLabel("New value", { exact: true }).fill(second);
  await dialog.getByLabel("Note").fill("Someone left");
  await dialog.getByRole("button", { name: "Rotate secret" }).click();
  await page.getByText("Someone left").waitFor();
  expect([await readBy("Follows"), await readBy("Pinned")]).toEqual([2, 1]);

  // What ran with a version is one press away from it.
  await page.getByRole("button", { name: "1 run had it" }).first().click();
  await dialog.getByRole("link", { name: /^run #/ }).waitFor();
  await dialog.getByRole("button", { name: "Close" }).click();

  // Roll back: the old value becomes the newest version.
  await choose(1, "Roll back to this");
  await reached("Gets the new value").getByText("v2 → v3").waitFor();
  await dialog.getByRole("button", { name: "Roll back" }).click();
  await page.getByText("value of version 1").waitFor();
  expect(await readBy("Follows")).toBe(3);

  // Disable the newest: latest does not fall back, and the run is refused with the code that was said.
  await choose(3, "Disable version");
  await reached("Stops").getByText("refused: its version is disabled").waitFor();
  await dialog.getByRole("button", { name: "Disable version" }).click();
  await page.getByText(/^revoked/).waitFor();
  const refused = await runOf("Follows");
  expect(refused.code).toBe(1);
  expect(JSON.parse(refused.stderr)).toMatchObject({ error: { code: "version_inactive" } });
  expect(await readBy("Pinned")).toBe(1);

  // Nothing brings back what is destroyed, so its name is asked for.
  await choose(2, "Destroy version");
  const destroy = dialog.getByRole("button", { name: "Destroy version" });
  expect(await destroy.isDisabled()).toBe(true);
  await dialog.getByLabel("Type gh-token to confirm").fill("gh-token");
  await destroy.click();
  await page.getByText("destroyed", { exact: true }).waitFor();

  expect(panel.complaints).toEqual([]);
  const held = await heldBy(page);
  for (const value of values) expect(held).not.toContain(value);
  expect(panel.messages.filter((message) => message.includes(second))).toHaveLength(1);
});
