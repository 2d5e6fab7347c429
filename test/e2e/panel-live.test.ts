import { createHmac } from "node:crypto";
import { rename } from "node:fs/promises";
import path from "node:path";
import type { Browser, Locator } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser } from "../fixtures/browser.ts";
import { eventually } from "../fixtures/conditions.ts";
import { testInstance, type TestInstance } from "../fixtures/instance.ts";
import { freePort } from "../fixtures/free-port.ts";
import { heldBy, openPanel, type PanelPage } from "../fixtures/panel.ts";

/*
 * Screens that are open while the command line changes what they show, and forms that are given what cannot be.
 */

let instance: TestInstance;
let browser: Browser;
let panel: PanelPage;
const ids = { agent: "", project: "", secret: "", routine: "" };

beforeAll(async () => {
  [instance, browser] = await Promise.all([testInstance(), launchBrowser()]);
  await instance.serve();
  await call("companies.create", { name: "Acme", issuePrefix: "ACM" });
  const config = { command: ["/bin/sh", "-c", "echo done"], instructions: "none" };
  ids.agent = await call("agents.create", { name: "shell", adapter: "process", config });
  ids.project = await call("projects.create", { name: "Website" });
  await instance.json(["secrets", "create", "--key", "gh-token", "--value-stdin"], { input: "a-value-of-a-secret" });
  ids.secret = (await instance.json<{ id: string }>(["secrets", "show", "gh-token"])).id;
  const env = { TOKEN: { type: "secret_ref", secret: "gh-token" } };
  ids.routine = await call("routines.create", { routine: { title: "Sweep", agent: "shell", instructions: "", env } });
  panel = await openPanel(browser, (await instance.json<{ url: string }>(["open"])).url);
  await panel.page.getByRole("heading", { level: 1, name: "Home" }).waitFor();
});
afterAll(async () => {
  await browser.close();
  await instance.remove();
});

test("every screen shows at once what the command line changes", async () => {
  const { page, go } = panel;
  const main = page.locator("main");
  const row = (name: RegExp) => page.getByRole("row", { name });
  /** Opens a place, changes something elsewhere, and waits until it is seen. */
  const shows = async (place: string, change: () => Promise<unknown>, seen: Locator) => {
    await go(place);
    // So that nothing of the place before is taken for this one's.
    await page.reload();
    await page.locator("main h1:not(.unseen)").waitFor();
    await eventually(async () => (await page.locator(".skeleton").count()) === 0);
    expect(await seen.count()).toBe(0);
    await change();
    await seen.first().waitFor();
  };
  const { agent, project, secret, routine } = ids;

  await shows("/agents", () => call("agents.update", { agent, status: "paused" }), row(/shell.*paused/));
  await shows("/agents", () => call("agents.update", { agent, status: "active" }), row(/shell.*active/));
  const agentName = page.getByRole("heading", { name: "runner" });
  await shows(`/agents/${agent}`, () => call("agents.update", { agent, name: "runner" }), agentName);
  await shows("/projects", () => call("projects.create", { name: "Docs" }), main.getByText("Docs"));
  const projectName = page.getByRole("heading", { name: "Shop" });
  await shows(`/projects/${project}`, () => call("projects.update", { project, name: "Shop" }), projectName);
  await shows("/routines", () => call("routines.pause", { routine }), row(/Sweep.*paused/i));
  await shows(
    `/routines/${routine}`,
    () => call("routines.resume", { routine }),
    page.getByRole("switch", { name: "Automation", checked: true }),
  );
  const saved = { routine, changes: { priority: "high" }, changeSummary: "More urgent" };
  await shows(`/routines/${routine}?tab=history`, () => call("routines.update", saved), main.getByText("More urgent"));
  await shows(
    `/routines/${routine}?tab=secrets`,
    () => call("secrets.disable", { secret }),
    main.getByText(/disabled/),
  );
  await shows("/secrets", () => call("secrets.enable", { secret }), row(/gh-token.*active/));
  await shows("/", () => call("secrets.disable", { secret }), main.getByRole("link", { name: "Open secret" }));
  await shows(`/secrets/${secret}`, () => call("secrets.enable", { secret }), page.getByText("Rotate secret"));
  const run = () => call("routines.run", { routine });
  await shows("/runs", run, row(/Sweep.*succeeded|succeeded.*Sweep/));
  await shows(`/secrets/${secret}`, run, page.getByRole("link", { name: /^run #/ }).nth(1));
  await shows(`/routines/${routine}?tab=runs`, run, row(/succeeded/).nth(2));
  const pause = () => call("routines.pause", { routine });
  await shows(`/routines/${routine}?tab=activity`, pause, main.getByText(/paused/).nth(2));
  const company = page.getByRole("button", { name: /^Company: Beta/ });
  await shows("/settings", () => call("companies.update", { company: "Acme", name: "Beta" }), company);
  const vault = main.getByText(/^off:/);
  await shows("/settings?section=secrets", () => setting("secrets", "strictMode=false"), vault);
  await go("/settings");
  await setting("general", "concurrency=7");
  await eventually(async () => (await page.getByLabel("Runs at once").inputValue()) === "7");
});

test("a key file that went is said wherever the panel is, and that it is back", async () => {
  const { page, go } = panel;
  const key = path.join(instance.root, "secrets", "master.key");
  await go("/");
  await page.getByRole("heading", { level: 1, name: "Home" }).waitFor();
  await rename(key, `${key}.away`);
  await instance.json(["status"]);
  await page.getByText(/key in memory/).waitFor();
  await go("/settings?section=secrets");
  await page.getByText(/is missing/).waitFor();
  await rename(`${key}.away`, key);
  await instance.json(["status"]);
  await page.getByText(/is missing/).waitFor({ state: "hidden" });
});

test.each<[what: string, place: string, field: string, text: string, button: string]>([
  ["a title that is too long", "/routines/new", "Title", "x".repeat(201), "Create routine"],
  ["more variables than can be", "/routines/new", "Instructions", manyVariables(), "Create routine"],
  ["an agent without a command", "/agents/new", "Name", "another", "Create agent"],
  ["a project whose name is taken", "/projects/new", "Name", "docs", "Create project"],
  ["too many runs at once", "/settings", "Runs at once", "65", "Save run settings"],
  ["a key path with a control character", "/settings?section=secrets", "Key file", "a\u0007", "Save key file"],
])("%s is said at its field", async (_, place, field, text, button) => {
  const { page, go } = panel;
  await go(place);
  if (place === "/routines/new" && field !== "Title") await page.getByLabel("Title", { exact: true }).fill("A title");
  await page.getByLabel(field, { exact: true }).fill(text);
  await page.getByRole("button", { name: button }).click();
  const wrong = page.locator("main [data-invalid] :is(input, textarea)").first();
  await wrong.waitFor();
  expect(await wrong.getAttribute("aria-describedby")).not.toBeNull();
  await page.locator("main .field .field-error").first().waitFor();
  await page.reload();
});

test("a webhook is set up with a key that is shown once, and what comes to it is seen where it is open", async () => {
  const { page, go } = panel;
  await setting("webhooks", `port=${await freePort()}`);
  await call("routines.resume", { routine: ids.routine });
  await go(`/routines/${ids.routine}?tab=triggers`);
  await page.getByRole("button", { name: "Add trigger" }).click();
  await page.getByRole("menuitem", { name: "Webhook…" }).click();
  await page.getByLabel(/^Label/).fill("ci");
  await page.getByRole("dialog").getByRole("button", { name: "Add trigger" }).click();
  const shown = page.getByLabel("Signing key", { exact: true });
  const key = await shown.innerText();
  expect(key).toMatch(/^[0-9a-f]{48}$/);
  await page.getByRole("button", { name: "Done" }).click();
  await shown.waitFor({ state: "hidden" });
  await page.reload();
  await page.getByRole("button", { name: "Actions of ci" }).click();
  expect(await heldBy(page)).not.toContain(key);
  await page.getByRole("menuitem", { name: "Set-up and deliveries" }).click();
  const dialog = page.getByRole("dialog");
  const address = await dialog
    .getByText(/\/hooks\/[0-9a-f]{24}$/)
    .first()
    .innerText();
  await dialog.getByText("Nothing came yet").waitFor();

  const post = async (signingKey: string) => {
    const timestamp = String(Math.floor(Date.now() / 1_000));
    const signature = createHmac("sha256", signingKey).update(`${timestamp}.{}`).digest("hex");
    const headers = {
      "content-type": "application/json",
      "x-paperclip-timestamp": timestamp,
      "x-paperclip-signature": `sha256=${signature}`,
    };
    return (await fetch(address, { method: "POST", headers, body: "{}" })).status;
  };
  expect(await post("of-somebody-else")).toBe(401);
  const rows = dialog.getByRole("list", { name: "Deliveries" }).getByRole("listitem");
  await rows
    .filter({ hasText: "refused" })
    .getByText(/was not made with the signing key/)
    .waitFor();
  expect(await post(key)).toBe(202);
  const started = rows.filter({ hasText: "started" });
  await started.waitFor();
  expect(await rows.count()).toBe(2);
  const run = await started.getByRole("link", { name: "Open run" }).getAttribute("href");
  await go("/runs");
  await page.getByRole("row", { name: /Sweep.*webhook|webhook.*Sweep/ }).waitFor();
  expect(await page.locator(`a[href="${run}"]`).count()).toBeGreaterThan(0);
  expect(await heldBy(page)).not.toContain(key);
});

test("the way out of a preview leads to the tab below it", async () => {
  const { page, go } = panel;
  await instance.json(["secrets", "delete", "gh-token"]);
  await call("routines.resume", { routine: ids.routine });
  await go(`/routines/${ids.routine}`);
  await page.getByRole("button", { name: "Preview run" }).click();
  await page.getByRole("dialog").getByRole("link", { name: "Open env" }).click();
  await page.getByRole("tab", { name: "Secrets", selected: true }).waitFor();
  expect(await page.getByRole("dialog").count()).toBe(0);
  expect(panel.complaints).toEqual([]);
});

function manyVariables(): string {
  return Array.from({ length: 51 }, (_, index) => `{{v${index}}}`).join(" ");
}

/** Calls a procedure as a script does, and answers with the id of what it answered. */
async function call(procedure: string, input: unknown): Promise<string> {
  const answer = await instance.json<{ id: string }>(["call", procedure, "--input", JSON.stringify(input)]);
  return answer.id;
}

function setting(section: string, change: string): Promise<unknown> {
  return instance.json(["configure", "--section", section, "--set", change]);
}
