import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { EventEmitter } from "node:events";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";

/*
 * Electron itself does not run here. These tests look at what its host asks of Electron: the options it passes, what it
 * denies, and whom it listens to. Whether Electron then does it, only Electron shows.
 */

const electron = vi.hoisted(() => ({
  windows: [] as unknown[],
  permissions: [] as ((...given: unknown[]) => unknown)[],
  handlers: new Map<string, (request: Request) => Promise<Response>>(),
  privileged: [] as unknown[],
  app: { on: vi.fn<(event: string, listener: (...given: never[]) => void) => void>() },
  ipcMain: {} as EventEmitter,
}));

vi.mock("electron", () => {
  const deny = (handler: (...given: unknown[]) => unknown) => electron.permissions.push(handler);
  return {
    app: electron.app,
    BrowserWindow: class {
      constructor(options: unknown) {
        electron.windows.push(options);
      }
      once(): void {}
    },
    ipcMain: {
      on: (channel: string, listener: () => void) => electron.ipcMain.on(channel, listener),
      off: (channel: string, listener: () => void) => electron.ipcMain.off(channel, listener),
    },
    Menu: { setApplicationMenu: () => undefined, buildFromTemplate: () => null },
    protocol: {
      registerSchemesAsPrivileged: (schemes: unknown) => electron.privileged.push(schemes),
      handle: (scheme: string, handler: (request: Request) => Promise<Response>) =>
        electron.handlers.set(scheme, handler),
    },
    session: {
      defaultSession: {
        setPermissionRequestHandler: deny,
        setPermissionCheckHandler: deny,
        setDevicePermissionHandler: deny,
      },
    },
  };
});

const { carryMessages } = await import("../../../../main/hosts/electron/channel.ts");
const { isPanelUrl, PANEL_URL, registerScheme, serveScheme } =
  await import("../../../../main/hosts/electron/scheme.ts");
const { createWindow, denyEverything } = await import("../../../../main/hosts/electron/window.ts");

let renderer: string;
beforeAll(async () => {
  renderer = await mkdtemp(path.join(os.tmpdir(), "pcd-electron-"));
  await writeFile(path.join(renderer, "index.html"), "<!doctype html>");
});
afterAll(() => rm(renderer, { recursive: true, force: true }));
beforeEach(() => {
  electron.ipcMain = new EventEmitter();
});

test("the window is sandboxed, isolated and without Node", () => {
  createWindow("/preload.cjs");
  expect(electron.windows).toEqual([
    expect.objectContaining({
      webPreferences: expect.objectContaining({
        sandbox: true,
        contextIsolation: true,
        nodeIntegration: false,
        nodeIntegrationInWorker: false,
        nodeIntegrationInSubFrames: false,
        webviewTag: false,
        preload: "/preload.cjs",
      }),
    }),
  ]);
  expect(JSON.stringify(electron.windows)).not.toMatch(/webSecurity|allowRunningInsecureContent|experimentalFeatures/);
});

test("permissions, navigation, new windows and webviews are denied to every page", () => {
  denyEverything();
  const [request, check, device] = electron.permissions;
  const answers: boolean[] = [];
  request?.(null, "media", (answer: boolean) => answers.push(answer));
  expect([...answers, check?.(), device?.()]).toEqual([false, false, false]);

  const contents = new EventEmitter() as EventEmitter & { setWindowOpenHandler: (handler: () => unknown) => void };
  let opened: unknown = null;
  contents.setWindowOpenHandler = (handler) => (opened = handler());
  const created = electron.app.on.mock.calls.find(([event]) => event === "web-contents-created")?.[1];
  created?.(...([null, contents] as never[]));
  expect(opened).toEqual({ action: "deny" });
  for (const event of ["will-navigate", "will-frame-navigate", "will-redirect", "will-attach-webview"]) {
    const preventDefault = vi.fn<() => void>();
    contents.emit(event, { preventDefault });
    expect({ event, prevented: preventDefault.mock.calls.length }).toEqual({ event, prevented: 1 });
  }
});

test("the scheme serves the panel with its policy, and nothing else", async () => {
  registerScheme();
  expect(electron.privileged).toEqual([
    [{ scheme: "app", privileges: { standard: true, secure: true, supportFetchAPI: true } }],
  ]);
  serveScheme(renderer);
  const ask = (url: string, method = "GET") => electron.handlers.get("app")?.(new Request(url, { method }));
  const page = await ask(PANEL_URL);
  expect(page?.status).toBe(200);
  expect(page?.headers.get("content-security-policy")).toContain("default-src 'none'");
  expect((await ask("app://elsewhere/"))?.status).toBe(404);
  expect((await ask(PANEL_URL, "POST"))?.status).toBe(404);
  expect((await ask(`${PANEL_URL}..%2f..%2fetc%2fpasswd`))?.status).toBe(403);
});

test("only addresses of the panel are the panel's", () => {
  expect([PANEL_URL, "app://panel/index.html"].map(isPanelUrl)).toEqual([true, true]);
  const others = ["app://panel.evil/", "https://panel/", "file:///panel", "app://", "", "app://panel@evil/"];
  expect(others.filter(isPanelUrl)).toEqual([]);
});

/** A window's contents, as far as the channel knows them. */
function fakeContents() {
  const sent: unknown[] = [];
  const contents = Object.assign(new EventEmitter(), {
    isDestroyed: () => false,
    send: (_channel: string, message: unknown) => sent.push(message),
  });
  return { contents, sent };
}

type Socket = Parameters<Parameters<typeof carryMessages>[1]>[0];

function listenOn(socket: Socket) {
  const heard: unknown[] = [];
  let closed = 0;
  socket.addEventListener("message", (event) => heard.push(event.data));
  socket.addEventListener("close", () => (closed += 1));
  return { heard, closed: () => closed };
}

test("only the top frame of the window itself is heard, and only while it shows the panel", () => {
  const { contents } = fakeContents();
  const sockets: ReturnType<typeof listenOn>[] = [];
  carryMessages(contents as never, (socket) => sockets.push(listenOn(socket)));
  const frame = { parent: null, url: PANEL_URL };
  const send = (event: unknown, message: unknown) => electron.ipcMain.emit("rpc", event, message);
  send({ sender: contents, senderFrame: frame }, "heard");
  send({ sender: fakeContents().contents, senderFrame: frame }, "another window");
  send({ sender: contents, senderFrame: null }, "a frame that is gone");
  send({ sender: contents, senderFrame: { parent: frame, url: PANEL_URL } }, "an inner frame");
  send({ sender: contents, senderFrame: { parent: null, url: "https://evil.example/" } }, "a foreign page");
  send({ sender: contents, senderFrame: frame }, { not: "text" });
  expect(sockets.map(({ heard }) => heard)).toEqual([["heard"]]);
});

test("each page is a connection of its own, which ends with it", () => {
  const { contents, sent } = fakeContents();
  const sockets: (ReturnType<typeof listenOn> & { socket: Socket })[] = [];
  const takeAway = carryMessages(contents as never, (socket) => sockets.push({ ...listenOn(socket), socket }));
  const event = { sender: contents, senderFrame: { parent: null, url: PANEL_URL } };
  for (const message of [null, "one", "two", null, "three"]) electron.ipcMain.emit("rpc", event, message);
  expect(sockets.map(({ heard, closed }) => [heard, closed()])).toEqual([
    [["one", "two"], 1],
    [["three"], 0],
  ]);
  sockets[1]?.socket.send("answer");
  expect(sent).toEqual(["answer"]);
  takeAway();
  expect(sockets[1]?.closed()).toBe(1);
  electron.ipcMain.emit("rpc", event, "four");
  expect(sockets).toHaveLength(2);
});
