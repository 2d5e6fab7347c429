import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { isPrivate } from "../../../fixtures/private.ts";
import { electron, type FakeImage, FakeWindow } from "./fake-electron.ts";

vi.mock("electron", async () => (await import("./fake-electron.ts")).electron);
const { createWindow, keepPlace, raise, showPanel, SURFACE } =
  await import("../../../../main/hosts/electron/window.ts");

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "pcd-window-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(async () => {
  for (const window of FakeWindow.all.splice(0)) window.destroy();
  electron.app.isPackaged = false;
  electron.nativeTheme.shouldUseDarkColors = false;
  await rm(path.join(folder, "bounds.json"), { force: true });
});

function opened(): FakeWindow {
  createWindow("/preload.cjs", folder);
  const window = FakeWindow.all.at(-1);
  if (!window) throw new Error("no window was asked for");
  return window;
}

test("the window is sandboxed, isolated and without Node", () => {
  const { options } = opened();
  expect(options["webPreferences"]).toEqual({
    preload: "/preload.cjs",
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    webviewTag: false,
    navigateOnDragDrop: false,
    safeDialogs: true,
    spellcheck: false,
    devTools: true,
  });
  electron.app.isPackaged = true;
  expect(opened().options["webPreferences"]).toMatchObject({ devTools: false });
});

test("the window opens at a good size and shows itself when there is something to see", () => {
  const window = opened();
  expect(window.options).toMatchObject({ width: 1_200, height: 800, minWidth: 900, minHeight: 600, show: false });
  expect(window.calls).toEqual([]);
  window.emit("ready-to-show");
  expect(window.calls).toEqual(["show"]);
});

test("the window opens where it was, and a file that means nothing is ignored", async () => {
  const first = opened();
  first.maximized = true;
  keepPlace(first as never, folder);
  const file = path.join(folder, "bounds.json");
  expect(await isPrivate(file)).toBe(true);
  const again = opened();
  expect(again.options).toMatchObject({ x: 10, y: 20, width: 1_000, height: 700 });
  again.emit("ready-to-show");
  expect(again.calls).toEqual(["maximize", "show"]);
  for (const text of ["", "{", "[]", '{"x":"1"}', '{"x":1e9,"y":0,"width":1000,"height":700,"maximized":false}']) {
    await writeFile(file, text);
    expect(opened().options).toMatchObject({ width: 1_200, height: 800 });
    expect(opened().options).not.toHaveProperty("x");
  }
});

test.runIf(process.platform === "linux")("a window that is never said to be ready is shown when it is loaded", () => {
  const window = opened();
  window.webContents.emit("did-finish-load");
  window.emit("ready-to-show");
  expect(window.calls).toEqual(["show"]);
});

test("a load that fails is told, and one that ends with its process is left to who loads anew", async () => {
  const failed = new Error("ERR_FAILED (-2) loading 'app://panel/'");
  const load = (prepare: (window: FakeWindow) => void) => {
    const window = opened();
    window.load = Promise.reject(failed);
    const shown = showPanel(window as never);
    prepare(window);
    return shown;
  };
  await expect(load(() => undefined)).rejects.toBe(failed);
  await load((window) => window.webContents.emit("render-process-gone"));
  await load((window) => (window.webContents.crashed = true));
});

test("the window has the colour of the panel before there is one, and follows the system", () => {
  const window = opened();
  expect(window.options["backgroundColor"]).toBe(SURFACE.light);
  electron.nativeTheme.shouldUseDarkColors = true;
  electron.nativeTheme.emit("updated");
  expect(window.colour).toBe(SURFACE.dark);
  window.destroy();
  electron.nativeTheme.shouldUseDarkColors = false;
  electron.nativeTheme.emit("updated");
  expect(window.colour).toBe(SURFACE.dark);
});

test("the colour is that of the panel's tokens", async () => {
  const tokens = await readFile(path.resolve("renderer/ui/tokens.css"), "utf8");
  const surfaces = [...tokens.matchAll(/--surface: oklch\(([\d.]+) ([\d.]+) ([\d.]+)\)/g)];
  const [light, dark] = surfaces.map(([, lightness, chroma, hue]) =>
    asHex(Number(lightness), Number(chroma), Number(hue)),
  );
  expect(SURFACE).toEqual({ light, dark });
});

test.runIf(process.platform === "linux")("the window brings its icon where the app has none", () => {
  const icon = opened().options["icon"] as FakeImage | undefined;
  expect(icon?.source).toMatch(/^data:image\/png;base64,/);
});

test("raising restores, shows and focuses, and a window that is gone is left alone", () => {
  const window = opened();
  window.minimized = true;
  raise(window as never);
  expect(window.calls).toEqual(["restore", "show", "focus"]);
  window.destroy();
  raise(window as never);
  keepPlace(window as never, folder);
  expect(window.calls).toHaveLength(3);
});

/** OKLCH to sRGB, by Björn Ottosson's matrices. */
function asHex(lightness: number, chroma: number, hue: number): string {
  const [a, b] = [chroma * Math.cos((hue * Math.PI) / 180), chroma * Math.sin((hue * Math.PI) / 180)];
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const linear = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
  return `#${linear
    .map((value) => (value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055))
    .map((value) =>
      Math.round(255 * value)
        .toString(16)
        .padStart(2, "0"),
    )
    .join("")}`;
}
