import { chmod, readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../fixtures/conditions.ts";
import { electronHost } from "../fixtures/electron.ts";
import { testInstance, type TestInstance } from "../fixtures/instance.ts";
import { callFromPage, lifecycle, type Lifecycle, type OpenApp } from "../fixtures/lifecycle.ts";

/*
 * The app in its window, driven by Playwright's driver for Electron: on Electron where its binary is, and elsewhere on the
 * stand-in. That cannot prove what Electron itself does: its sandbox and fuses, what it refuses a page, its own scheme,
 * native menus and dialogs, and how its utility processes end.
 */

/** The report names the host in every line. */
const on = `on ${electronHost}:`;

let world: Lifecycle;
/** With a company; stopped. */
let origin: TestInstance;
beforeAll(async () => {
  origin = await testInstance();
  await origin.json(["companies", "create", "--name", "Acme", "--prefix", "ACM"]);
});
afterAll(() => origin.remove());

const hashOf = (page: { url(): string }) => new URL(page.url()).hash;

describe.skipIf(electronHost === "no host")("the window", () => {
  afterEach(() => world.remove());

  test(`${on} shows the panel to a page that can only send and listen`, async () => {
    // On nothing at all, as after the app was installed.
    world = await lifecycle();
    const { app, panel } = await world.open();
    const reach = await panel.evaluate(() => {
      const names = ["require", "process", "module", "Buffer", "ipcRenderer", "electron", "contextBridge"];
      return names.filter((name) => name in globalThis);
    });
    expect(reach).toEqual([]);
    const bridge = await panel.evaluate(() => {
      const value = Reflect.get(globalThis, "paperclip") as Record<string, unknown>;
      return Object.entries(value).map(([name, member]) => [name, typeof member]);
    });
    expect(bridge.toSorted()).toEqual([
      ["onMessage", "function"],
      ["send", "function"],
    ]);
    expect(await callFromPage(panel, "shell/info", undefined)).toMatchObject({ host: "window" });
    const shown = await app.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows().map((one) => one.isVisible()),
    );
    expect(shown).toEqual([true]);
  });

  test(`${on} shows at once what the command line does, up to the end of a first run`, async () => {
    world = await lifecycle(origin);
    const { panel } = await world.open();
    await world.runToEnd("Sweep the inbox");
    // Nothing is reloaded, and nobody goes anywhere.
    const shown = (text: string | RegExp) => panel.getByText(text).filter({ visible: true }).first().waitFor();
    await shown("Sweep the inbox");
    await shown(/failed/i);
  });

  test(`${on} is not opened on an instance that is served, and says by whom`, async () => {
    world = await lifecycle(origin);
    const serve = await world.instance.serve();
    // Electron shows the error and waits; nobody is here to close it.
    const script = path.join(world.instance.home, "say-errors.cjs");
    await writeFile(
      script,
      "require('electron').dialog.showErrorBox = (title, text) => void process.stderr.write(`SAID ${title}: ${text}\\n`);",
    );
    const { code, stderr } = await world.startAgain(script);
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(`SAID .*could not start: .*serve.* ${serve.pid}\\b`));
    expect(stderr).toContain("paperclip-desktop open");
  });
});

describe.skipIf(electronHost === "no host")("the window that is open", () => {
  let opened: OpenApp;
  beforeAll(async () => {
    world = await lifecycle(origin);
    opened = await world.open();
  });
  afterAll(() => world.remove());

  test(`${on} has a menu whose items lead to places of the panel`, async () => {
    const { app, panel } = opened;
    const labels = await app.evaluate(({ Menu }) =>
      (Menu.getApplicationMenu()?.items ?? []).flatMap(({ submenu }) => submenu?.items.map(({ label }) => label) ?? []),
    );
    expect(labels).toEqual(expect.arrayContaining(["New routine", "Run…", "Open data folder", "Routines", "Secrets"]));
    await app.evaluate(({ Menu }) => {
      const items = Menu.getApplicationMenu()?.items.flatMap(({ submenu }) => submenu?.items ?? []);
      items?.find(({ label }) => label === "New routine")?.click();
    });
    await eventually(() => hashOf(panel).startsWith("#/routines/new"));
  });

  test(`${on} is raised by a second start, which ends with 0`, async () => {
    const { app } = opened;
    await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.hide());
    expect(await world.startAgain()).toMatchObject({ code: 0 });
    await eventually(() =>
      app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().every((one) => one.isVisible())),
    );
    expect(await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1);
  });

  test.skipIf(process.platform === "win32")(`${on} keeps what the browser writes where nobody else looks`, async () => {
    const { mode } = await stat(path.join(world.instance.root, "window"));
    expect(mode & 0o777).toBe(0o700);
  });

  test(`${on} saves a log where the operator says, for the operator alone`, async () => {
    const { app, panel } = opened;
    const run = await world.runToEnd("Save me");
    const file = path.join(world.instance.home, "saved.log");
    // A file that others could read is replaced, not written into.
    await writeFile(file, "older");
    await chmod(file, 0o644);
    expect(await callFromPage(panel, "shell/saveLog", { run })).toMatchObject({ outcome: "cancelled" });
    await app.evaluate(({ dialog }, filePath) => {
      dialog.showSaveDialog = async () => ({ canceled: false, filePath });
    }, file);
    expect(await callFromPage(panel, "shell/saveLog", { run })).toEqual({ outcome: "saved", name: "saved.log" });
    expect(await readFile(file, "utf8")).toContain("said by the agent");
    // Windows has no such bits; there the folder's own rights count.
    const others = process.platform === "win32" ? 0 : (await stat(file)).mode & 0o077;
    expect(others).toBe(0);
  });

  test.runIf(electronHost === "Electron")(
    `${on} refuses windows, other pages, other servers and permissions`,
    async () => {
      const { app, panel } = opened;
      const before = panel.url();
      const refused = await panel.evaluate(async () => ({
        opened: window.open("https://example.invalid/") === null,
        fetched: await fetch("https://example.invalid/").then(
          () => "answered",
          () => "refused",
        ),
        permission: await Notification.requestPermission(),
        camera: await navigator.mediaDevices?.getUserMedia({ video: true }).then(
          () => "given",
          () => "refused",
        ),
      }));
      expect(refused).toMatchObject({ opened: true, fetched: "refused", permission: "denied", camera: "refused" });
      await panel.evaluate(() => location.assign("https://example.invalid/"));
      expect(panel.url()).toBe(before);
      expect(await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1);
      const sandboxed = await panel.evaluate(() => location.origin);
      expect(sandboxed).toBe("app://panel");
    },
  );
});
