import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type { MenuItemConstructorOptions } from "electron";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Refusal } from "../../../../main/contract/refusal.ts";
import type { ControlPlane, OpenControlPlane } from "../../../../main/control-plane-port.ts";
import { isPrivate } from "../../../fixtures/private.ts";
import { aRun, smallPlane } from "../../../fixtures/small-plane.ts";
import { asked, electron, FakeNotification, FakeTray, FakeWindow } from "./fake-electron.ts";

vi.mock("electron", async () => (await import("./fake-electron.ts")).electron);
const { startApp } = await import("../../../../main/hosts/electron/app.ts");

const SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP"] as const;
/** Where the app listens for errors, beside the test runner. */
const ERRORS: readonly (readonly [emitter: NodeJS.EventEmitter, event: string])[] = [
  [process, "uncaughtException"],
  [process, "unhandledRejection"],
  [process.stdout, "error"],
  [process.stderr, "error"],
];
const others = ERRORS.map(([emitter, event]) => emitter.listeners(event));
let home: string;
let root: string;
beforeEach(async () => {
  home = await mkdtemp(path.join(os.tmpdir(), "pcd-app-"));
  root = path.join(home, "instances", "default");
  await writeFile(path.join(home, "index.html"), "<!doctype html>");
  vi.stubEnv("PAPERCLIP_HOME", home);
  for (const emitter of [electron.app, electron.ipcMain, electron.powerMonitor, electron.session.defaultSession])
    emitter.removeAllListeners();
  for (const mock of [electron.dialog.showErrorBox, electron.dialog.showMessageBox, electron.app.exit])
    mock.mockReset();
  [FakeWindow.all.length, FakeTray.all.length, FakeNotification.all.length] = [0, 0, 0];
  Object.assign(electron.app, { isFirst: true, isPackaged: false, switches: new Set() });
});
afterEach(async () => {
  for (const signal of SIGNALS) process.removeAllListeners(signal);
  for (const [index, [emitter, event]] of ERRORS.entries())
    for (const listener of emitter.listeners(event))
      if (!others[index]?.includes(listener)) emitter.off(event, listener as () => void);
  FakeWindow.nextLoad = Promise.resolve();
  vi.unstubAllEnvs();
  await rm(home, { recursive: true, force: true });
});

function start(openControlPlane: OpenControlPlane) {
  startApp({ openControlPlane, rendererDirectory: home, preload: "/preload.cjs" });
}

/** As vitest waits, but not for a second only: an app takes its time on a busy machine. */
const waitFor = <T>(look: () => T | Promise<T>) => vi.waitFor(look, { timeout: 60_000 });
const ended = () => new Promise<void>((resolve) => electron.app.once("will-quit", () => resolve()));
const theWindow = () => waitFor(() => FakeWindow.all[0] ?? Promise.reject(new Error("there is no window yet")));

/** A plane that is opened when it is told to, and says what it was given. */
function heldPlane(options: Parameters<typeof smallPlane>[0] = {}) {
  const given: Parameters<OpenControlPlane>[0][] = [];
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  const open: OpenControlPlane = async (choice) => {
    given.push(choice);
    await released;
    return smallPlane(options)(choice);
  };
  return { open, release, given };
}

test("the window is there while the instance is still being opened, and all of it ends in order", async () => {
  const events: string[] = [];
  const { open, release, given } = heldPlane({ onClose: () => events.push("closed") });
  start(open);
  const window = await theWindow();
  expect(window.loaded).toBe("app://panel/");
  expect(given[0]).toMatchObject({ kind: "window", version: "1.2.3", forkHelper: expect.any(Function) });
  release();
  const over = ended();
  process.emit("SIGTERM");
  await over;
  expect([events, window.destroyed, FakeTray.all[0]?.destroyed]).toEqual([["closed"], true, true]);
  expect(window.calls).toContain("hide");
  expect(electron.app.exit).not.toHaveBeenCalled();
});

test("what Chromium writes stays in the instance folder, private, before the lock is asked for", async () => {
  start(() => Promise.reject(new Refusal("config_invalid", "A bad value.")));
  const folder = path.join(root, "window");
  expect(Object.fromEntries(electron.app.paths)).toEqual({
    userData: folder,
    sessionData: folder,
    logs: path.join(folder, "logs"),
    crashDumps: path.join(folder, "crashes"),
  });
  const made = [root, folder, path.join(folder, "crashes")];
  expect(await Promise.all(made.map(isPrivate))).toEqual([true, true, true]);
  await waitFor(() => expect(electron.app.exit).toHaveBeenCalled());
});

test("a second start opens nothing, and raises the window of the first", async () => {
  const over = ended();
  electron.app.isFirst = false;
  start(() => Promise.reject(new Error("nobody asks for this")));
  await over;
  expect(FakeWindow.all).toEqual([]);

  electron.app.isFirst = true;
  start(smallPlane());
  const window = await theWindow();
  window.minimized = true;
  electron.app.emit("second-instance");
  expect(window.calls).toEqual(["restore", "show", "focus"]);
  const first = ended();
  process.emit("SIGINT");
  await first;
});

test("notices become notifications whose click raises the window, and what the tray cannot change is explained", async () => {
  start(smallPlane());
  const window = await theWindow();
  const notification = await waitFor(() => FakeNotification.all[0] ?? Promise.reject(new Error("nothing was shown")));
  expect(notification.options).toEqual({ title: "Nightly triage fails", body: "Its last run failed." });
  window.minimized = true;
  notification.emit("click");
  expect(window.calls).toEqual(["restore", "show", "focus"]);
  const menu = FakeTray.all[0]?.menu as readonly MenuItemConstructorOptions[];
  menu.find(({ label }) => label === "Pause schedules and webhooks")?.click?.({} as never, undefined, {} as never);
  await waitFor(() =>
    expect(electron.dialog.showErrorBox).toHaveBeenCalledWith(
      "Paperclip Desktop",
      "The database is a replica.\n\nUse the other one.",
    ),
  );
  const over = ended();
  process.emit("SIGTERM");
  await over;
});

test("an instance that cannot be opened is explained with the way out, and the app ends with 1", async () => {
  start(() => Promise.reject(new Refusal("database_newer", "The database is newer.", { next: "Update the app." })));
  await waitFor(() => expect(electron.app.exit).toHaveBeenCalledWith(1));
  expect(electron.dialog.showErrorBox).toHaveBeenCalledWith(
    "Paperclip Desktop could not start",
    "The database is newer.\n\nUpdate the app.",
  );
});

test("a folder that cannot be used is explained before there is a window", async () => {
  await writeFile(path.join(home, "instances"), "a file stands in the way");
  start(smallPlane());
  expect(electron.app.exit).toHaveBeenCalledWith(1);
  expect(electron.dialog.showErrorBox.mock.calls[0]?.[1]).toContain(root);
});

test("the installed app starts neither with a debugging port nor without its sandbox", () => {
  const given = { isPackaged: true, switches: new Set(["remote-debugging-port", "no-sandbox"]) };
  Object.assign(electron.app, given);
  start(smallPlane());
  expect(electron.app.exit).toHaveBeenCalledWith(1);
  const said = electron.dialog.showErrorBox.mock.calls[0]?.[1];
  expect(said).toContain("without --remote-debugging-port and --no-sandbox, and without ELECTRON_DISABLE_SANDBOX");
  expect(FakeWindow.all).toEqual([]);
});

test("a window that cannot load the panel ends what was opened, and says why", async () => {
  const events: string[] = [];
  electron.dialog.showErrorBox.mockImplementation((title, text) => void events.push(`${title}: ${text}`));
  FakeWindow.nextLoad = Promise.reject(new Error("ERR_FAILED (-2) loading 'app://panel/'"));
  const over = ended();
  start(smallPlane({ onClose: () => events.push("closed") }));
  await over;
  expect(events).toEqual(["closed", "Paperclip Desktop could not start: ERR_FAILED (-2) loading 'app://panel/'"]);
  expect(electron.app.exit).toHaveBeenCalledWith(1);
});

test("what nobody caught is noted, and ends the app in order; a promise that failed is noted alone", async () => {
  const [events, noted]: [string[], unknown[]] = [[], []];
  let isOpen = false;
  electron.dialog.showErrorBox.mockImplementation((title) => void events.push(title));
  start(async (choice) => {
    const plane = await smallPlane({ onClose: () => events.push("closed") })(choice);
    isOpen = true;
    return {
      ...plane,
      reportUnexpected: (error) => {
        noted.push(error);
        return null;
      },
    };
  });
  await theWindow();
  await waitFor(() => expect(isOpen).toBe(true));
  await new Promise((resolve) => setImmediate(resolve));
  const [rejected, thrown] = [new Error("a promise"), new Error("a listener")];
  // Those of the app alone: the test runner listens too.
  process.listeners("unhandledRejection").at(-1)?.(rejected, Promise.resolve());
  expect([noted, events]).toEqual([[rejected], []]);
  const over = ended();
  process.listeners("uncaughtException").at(-1)?.(thrown, "uncaughtException");
  await over;
  expect(noted).toEqual([rejected, thrown]);
  expect(events).toEqual(["closed", "Paperclip Desktop ended after an error"]);
  expect(electron.app.exit).toHaveBeenCalledWith(1);
});

test.each([
  { platform: "darwin", names: [["Paperclip Desktop"]], ids: [] },
  { platform: "win32", names: [], ids: [["org.paperclip.desktop"]] },
  { platform: "linux", names: [], ids: [] },
])("the app has its name where $platform shows it", async ({ platform, names, ids }) => {
  const own = process.platform;
  electron.app.setName.mockReset();
  electron.app.setAppUserModelId.mockReset();
  Object.defineProperty(process, "platform", { value: platform });
  try {
    start(() => Promise.reject(new Refusal("config_invalid", "A bad value.")));
  } finally {
    Object.defineProperty(process, "platform", { value: own });
  }
  expect([electron.app.setName.mock.calls, electron.app.setAppUserModelId.mock.calls]).toEqual([names, ids]);
  await waitFor(() => expect(electron.app.exit).toHaveBeenCalled());
});

test("a window that is about to go is not brought back by a second start", async () => {
  start(smallPlane());
  const window = await theWindow();
  const over = ended();
  process.emit("SIGTERM");
  electron.app.emit("second-instance");
  await over;
  expect(window.calls).not.toContain("show");
});

test("closing the window asks where something runs, and keeps the window until the answer", async () => {
  let isFollowed = false;
  const client = {
    system: {
      status: async () => ({
        runs: { running: 1, queued: 0 },
        scheduler: { nextRunAt: null },
        webhooks: { state: "off" },
      }),
      changes: async function* () {
        isFollowed = true;
        yield* [];
      },
    },
    companies: { list: async () => ({ companies: [{ id: "a" }] }) },
    runs: { list: async () => ({ runs: [aRun] }) },
  };
  start(async (choice) => ({ ...(await smallPlane()(choice)), client: client as never }));
  const window = await theWindow();
  await waitFor(() => expect(isFollowed).toBe(true));
  electron.dialog.showMessageBox.mockResolvedValueOnce({ response: 1 }).mockResolvedValueOnce({ response: 0 });
  let prevented = 0;
  const close = () => window.emit("close", { preventDefault: () => (prevented += 1) });
  close();
  await waitFor(() => expect(electron.dialog.showMessageBox).toHaveBeenCalledOnce());
  expect(electron.dialog.showMessageBox.mock.calls[0]?.[1]).toMatchObject({ message: "1 run is running." });
  expect([prevented, window.destroyed]).toEqual([1, false]);
  const over = ended();
  await waitFor(() => {
    close();
    expect(electron.dialog.showMessageBox).toHaveBeenCalledTimes(2);
  });
  await over;
  expect(window.destroyed).toBe(true);
});

test("a client that stops the instance ends the app without a question", async () => {
  const planes: ControlPlane[] = [];
  start(async (choice) => {
    const plane = await smallPlane()(choice);
    planes.push(plane);
    return plane;
  });
  await theWindow();
  await waitFor(() => expect(planes).toHaveLength(1));
  const over = ended();
  await waitFor(async () => {
    await planes[0]?.client.system.stop();
    expect(FakeWindow.all[0]?.calls).toContain("hide");
  });
  await over;
  expect(electron.dialog.showMessageBox).not.toHaveBeenCalled();
});

test("a shutdown of the system and a picked menu item reach the app", async () => {
  start(smallPlane());
  const window = await theWindow();
  const menu = asked.menus.at(-1) as MenuItemConstructorOptions[];
  const file = menu.find(({ label }) => label === "&File")?.submenu as MenuItemConstructorOptions[];
  window.minimized = true;
  file[0]?.click?.({} as never, undefined, {} as never);
  expect(window.calls).toEqual(["restore", "show", "focus"]);
  const over = ended();
  const preventDefault = vi.fn<() => void>();
  electron.powerMonitor.emit("shutdown", { preventDefault });
  await over;
  expect(preventDefault).toHaveBeenCalled();
});
