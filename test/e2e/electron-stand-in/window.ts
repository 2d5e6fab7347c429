import { randomBytes } from "node:crypto";
import { EventEmitter } from "node:events";
import { readFileSync } from "node:fs";
import type { BrowserWindow, BrowserWindowConstructorOptions, Rectangle, Size, WebContents } from "electron";
import { preventable, type Closable, type StandInApp } from "./app.ts";
import { type BridgeNames, pageScripts } from "./page-side.ts";
import type { ProtocolClient, ProtocolSession } from "./protocol-client.ts";
import { inward, outward, type StandInSession } from "./session.ts";

/** What all windows share. */
export interface Surroundings {
  readonly app: StandInApp;
  readonly session: StandInSession;
  readonly ipcMain: EventEmitter;
  readonly windows: Map<number, StandInWindow>;
  browser(): ProtocolClient;
}

interface ContextCreated {
  readonly context: {
    readonly id: number;
    readonly name: string;
    readonly auxData: { readonly frameId: string };
  };
}

interface Navigated {
  readonly frame: { readonly id: string; readonly parentId?: string; readonly url: string };
}

interface Paused {
  readonly requestId: string;
  readonly request: { readonly url: string; readonly method: string };
}

interface BeforeUnload {
  readonly type: string;
}

const WORLD = "Electron Isolated Context";

/** The page of a window: carries messages, answers its requests, and tells what becomes of it. */
export class StandInContents
  extends EventEmitter
  implements
    Pick<
      WebContents,
      "close" | "forcefullyCrashRenderer" | "getURL" | "id" | "isCrashed" | "isDestroyed" | "reload" | "send"
    >
{
  static #lastId = 0;
  readonly id = (StandInContents.#lastId += 1);
  targetId = "";
  readonly #around: Surroundings;
  readonly #opened: Promise<ProtocolSession>;
  readonly #names: BridgeNames = {
    event: `electron-${randomBytes(8).toString("hex")}`,
    send: `send${randomBytes(8).toString("hex")}`,
    receive: `receive${randomBytes(8).toString("hex")}`,
  };
  readonly #frames = new Map<string, { url: string; parentId: string | undefined }>();
  /** The worlds of the preload, by frame: the newest of each. */
  readonly #worlds = new Map<number, string>();
  readonly #close: () => void;
  #destroyed = false;
  #crashed = false;

  constructor(around: Surroundings, size: Size, preload: string | undefined, close: () => void) {
    super();
    this.#around = around;
    this.#close = close;
    this.#opened = this.#open(size, preload === undefined ? "" : readFileSync(preload, "utf8"));
  }

  async #open({ width, height }: Size, preload: string): Promise<ProtocolSession> {
    const browser = this.#around.browser();
    const choice = { url: "about:blank", width, height };
    const { targetId } = await browser.send<{ targetId: string }>("Target.createTarget", choice);
    this.targetId = targetId;
    const { sessionId } = await browser.send<{ sessionId: string }>("Target.attachToTarget", {
      targetId,
      flatten: true,
    });
    const page = browser.session(sessionId);
    page.on<ContextCreated>("Runtime.executionContextCreated", ({ context }) => {
      if (context.name === WORLD) this.#worlds.set(context.id, context.auxData.frameId);
    });
    page.on<{ executionContextId: number }>("Runtime.executionContextDestroyed", ({ executionContextId }) => {
      this.#worlds.delete(executionContextId);
    });
    page.on("Runtime.executionContextsCleared", () => this.#worlds.clear());
    page.on<Navigated>("Page.frameNavigated", ({ frame }) => {
      this.#frames.set(frame.id, { url: inward(frame.url), parentId: frame.parentId });
      if (frame.parentId === undefined) this.emit("did-navigate");
    });
    page.on<{ name: string; payload: string; executionContextId: number }>("Runtime.bindingCalled", (call) => {
      this.#receive(call.payload, this.#worlds.get(call.executionContextId) ?? "");
    });
    page.on<Paused>("Fetch.requestPaused", (paused) => void this.#answer(page, paused));
    page.on("Inspector.targetCrashed", () => {
      this.#crashed = true;
      this.emit("render-process-gone", {}, { reason: "crashed", exitCode: 1 });
    });
    page.on("Page.loadEventFired", () => {
      this.#crashed = false;
      this.emit("did-finish-load");
    });
    page.on<BeforeUnload>("Page.javascriptDialogOpening", ({ type }) => {
      if (type !== "beforeunload") return;
      const event = preventable();
      this.emit("will-prevent-unload", event);
      void page.send("Page.handleJavaScriptDialog", { accept: event.defaultPrevented }).catch(() => undefined);
    });
    page.on<{ name: string }>("Page.lifecycleEvent", ({ name }) => {
      if (name === "firstPaint") this.emit("first-paint");
    });
    const scripts = pageScripts(this.#names, preload);
    await Promise.all([
      page.send("Page.enable"),
      page.send("Page.setLifecycleEventsEnabled", { enabled: true }),
      page.send("Runtime.enable"),
      page.send("Inspector.enable"),
      page.send("Fetch.enable", { patterns: [{ urlPattern: "*" }] }),
      page.send("Runtime.addBinding", { name: this.#names.send, executionContextName: WORLD }),
      page.send("Page.addScriptToEvaluateOnNewDocument", { source: scripts.main }),
      page.send("Page.addScriptToEvaluateOnNewDocument", { source: scripts.isolated, worldName: WORLD }),
    ]);
    return page;
  }

  #receive(payload: string, frameId: string): void {
    const { channel, args } = JSON.parse(payload) as { channel: string; args: unknown[] };
    this.#around.ipcMain.emit(channel, { sender: this, senderFrame: this.#frame(frameId) }, ...args);
  }

  #frame(id: string | undefined): { url: string; parent: unknown } | null {
    const frame = id === undefined ? undefined : this.#frames.get(id);
    return frame ? { url: frame.url, parent: this.#frame(frame.parentId) } : null;
  }

  async #answer(page: ProtocolSession, { requestId, request }: Paused): Promise<void> {
    const verdict = await this.#around.session.judge(inward(request.url), request.method);
    // The page may be gone by now.
    const send = (method: string, more: Record<string, unknown> = {}) =>
      page.send(method, { requestId, ...more }).catch(() => undefined);
    if (verdict.kind === "passed") await send("Fetch.continueRequest");
    else if (verdict.kind === "refused") await send("Fetch.failRequest", { errorReason: "BlockedByClient" });
    else {
      const { status, headers } = verdict.response;
      await send("Fetch.fulfillRequest", {
        responseCode: status,
        responseHeaders: [...headers].map(([name, value]) => ({ name, value })),
        body: Buffer.from(await verdict.response.arrayBuffer()).toString("base64"),
      });
    }
  }

  /** Resolves when the page is loaded. */
  async load(url: string): Promise<void> {
    const page = await this.#opened;
    const loaded = new Promise<void>((resolve) => page.on("Page.loadEventFired", () => resolve()));
    const { errorText } = await page.send<{ errorText?: string }>("Page.navigate", { url: outward(url) });
    if (errorText !== undefined) throw new Error(`${errorText} loading '${url}'`);
    await loaded;
  }

  async closeTarget(): Promise<void> {
    await this.#opened;
    await this.#around
      .browser()
      .send("Target.closeTarget", { targetId: this.targetId })
      .catch(() => undefined);
    this.#destroyed = true;
    this.emit("destroyed");
  }

  send(channel: string, ...args: unknown[]): void {
    const expression = `${this.#names.receive}(${JSON.stringify(channel)}, ${JSON.stringify(args)})`;
    const main = [...this.#worlds].findLast(([, frameId]) => this.#frames.get(frameId)?.parentId === undefined);
    if (!main) return;
    const [contextId] = main;
    void this.#opened.then((page) => page.send("Runtime.evaluate", { expression, contextId })).catch(() => undefined);
  }

  getURL(): string {
    return [...this.#frames.values()].find(({ parentId }) => parentId === undefined)?.url ?? "";
  }

  isCrashed(): boolean {
    return this.#crashed;
  }

  isDestroyed(): boolean {
    return this.#destroyed;
  }

  reload(): void {
    void this.#opened.then((page) => page.send("Page.reload")).catch(() => undefined);
  }

  forcefullyCrashRenderer(): void {
    void this.#opened.then((page) => page.send("Page.crash")).catch(() => undefined);
  }

  close(): void {
    this.#close();
  }

  setWindowOpenHandler(): void {}
}

/** A window: the state that the app gives it, and a page. Nothing of it can be seen, because the browser is headless. */
export class StandInWindow
  extends EventEmitter
  implements
    Closable,
    Pick<
      BrowserWindow,
      | "close"
      | "destroy"
      | "focus"
      | "getNormalBounds"
      | "hide"
      | "isDestroyed"
      | "isFocused"
      | "isMaximized"
      | "isMinimized"
      | "isVisible"
      | "loadURL"
      | "maximize"
      | "minimize"
      | "restore"
      | "setBackgroundColor"
      | "show"
    >
{
  readonly webContents: StandInContents;
  readonly id: number;
  readonly #around: Surroundings;
  readonly #bounds: Rectangle;
  #ended: Promise<void> | null = null;
  #state = { visible: false, focused: false, minimized: false, maximized: false, destroyed: false };

  constructor(around: Surroundings, options: BrowserWindowConstructorOptions) {
    super();
    this.#around = around;
    const { x = 0, y = 0, width = 800, height = 600, show = true, webPreferences } = options;
    this.#bounds = { x, y, width, height };
    this.webContents = new StandInContents(around, this.#bounds, webPreferences?.preload, () => this.close());
    this.id = this.webContents.id;
    this.webContents.once("first-paint", () => this.emit("ready-to-show"));
    around.windows.set(this.id, this);
    around.app.windows.add(this);
    around.app.emit("web-contents-created", {}, this.webContents);
    if (show) this.show();
  }

  loadURL(url: string): Promise<void> {
    return this.webContents.load(url);
  }

  close(): void {
    void this.closeToQuit();
  }

  async closeToQuit(): Promise<boolean> {
    if (this.#ended) return this.#ended.then(() => true);
    const event = preventable();
    this.emit("close", event);
    if (event.defaultPrevented) return false;
    await this.#end();
    return true;
  }

  destroy(): void {
    void this.#end();
  }

  #end(): Promise<void> {
    return (this.#ended ??= this.#endOnce());
  }

  async #endOnce(): Promise<void> {
    this.#state = { visible: false, focused: false, minimized: false, maximized: false, destroyed: true };
    await this.webContents.closeTarget();
    this.#around.windows.delete(this.id);
    this.emit("closed");
    this.#around.app.windowClosed(this);
  }

  show(): void {
    this.#state.visible = true;
    this.focus();
    this.emit("show");
  }

  hide(): void {
    Object.assign(this.#state, { visible: false, focused: false });
    this.emit("hide");
  }

  focus(): void {
    this.#state.focused = true;
    this.emit("focus");
  }

  minimize(): void {
    Object.assign(this.#state, { minimized: true, focused: false });
    this.emit("minimize");
  }

  restore(): void {
    this.#state.minimized = false;
    this.emit("restore");
  }

  maximize(): void {
    this.#state.maximized = true;
    this.emit("maximize");
  }

  setBackgroundColor(): void {}

  getNormalBounds(): Rectangle {
    return this.#bounds;
  }

  isVisible(): boolean {
    return this.#state.visible;
  }

  isFocused(): boolean {
    return this.#state.focused;
  }

  isMinimized(): boolean {
    return this.#state.minimized;
  }

  isMaximized(): boolean {
    return this.#state.maximized;
  }

  isDestroyed(): boolean {
    return this.#state.destroyed;
  }
}
