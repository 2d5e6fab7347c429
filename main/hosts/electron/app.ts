import { app, dialog } from "electron";
import type { BrowserWindow } from "electron";
import { asRefusal, errorText } from "../../contract/refusal.ts";
import { instancePaths } from "../../instance/paths.ts";
import type { OpenControlPlane } from "../../control-plane-port.ts";
import { openWhenFree } from "../control/open-instance.ts";
import type { OpenInstance } from "../control/open-instance.ts";
import { rpcServer } from "../control/rpc.ts";
import { carryMessages } from "./channel.ts";
import { registerScheme, serveScheme } from "./scheme.ts";
import { createWindow, denyEverything, setMenu, showPanel } from "./window.ts";

/*
 * The window. Written to the types and pages of Electron 45; where Electron's binary cannot be had, nothing of this
 * directory runs, and the tests say so.
 */

export interface AppOptions {
  readonly openControlPlane: OpenControlPlane;
  readonly rendererDirectory: string;
  /** The built preload script. */
  readonly preload: string;
}

/** Starts the app, or raises the window of the one that runs for this account already. */
export function startApp(options: AppOptions): void {
  if (!app.requestSingleInstanceLock()) {
    app.quit();
    return;
  }
  app.enableSandbox();
  registerScheme();
  const closing = new AbortController();
  const started = app.whenReady().then(() => openWindow(options, closing.signal));
  started.catch((error: unknown) => {
    if (!closing.signal.aborted) explain(error);
    app.exit(1);
  });
  app.on("second-instance", () => void started.then(({ window }) => raise(window)));
  app.on("window-all-closed", () => app.quit());
  quitInOrder(started, closing);
}

interface Running {
  readonly window: BrowserWindow;
  readonly instance: OpenInstance;
}

async function openWindow(options: AppOptions, signal: AbortSignal): Promise<Running> {
  denyEverything();
  setMenu();
  serveScheme(options.rendererDirectory);
  const instance = await openWhenFree(
    options.openControlPlane,
    {
      paths: instancePaths({}, process.env),
      kind: "window",
      processEnv: process.env,
      version: app.getVersion(),
    },
    { signal, onWaiting: () => undefined },
  );
  const { plane } = instance;
  plane.onStopRequested(() => app.quit());
  void plane.closed.then(() => app.quit());
  const window = createWindow(options.preload);
  const accept = rpcServer(plane.router, plane.reportUnexpected);
  const hangUp = carryMessages(window.webContents, (socket) => accept(socket, "electron"));
  window.once("closed", hangUp);
  await showPanel(window);
  return { window, instance };
}

/** Everything that was started is stopped before the app ends. */
function quitInOrder(started: Promise<Running>, closing: AbortController): void {
  let closed = false;
  app.on("before-quit", (event) => {
    if (closed) return;
    event.preventDefault();
    if (closing.signal.aborted) return;
    closing.abort();
    void started
      .then(({ instance }) => instance.close())
      .catch((error: unknown) => explain(error))
      .finally(() => {
        closed = true;
        app.quit();
      });
  });
}

function raise(window: BrowserWindow): void {
  if (window.isDestroyed()) return;
  if (window.isMinimized()) window.restore();
  window.show();
  window.focus();
}

/** Says why the app does not start. There is no window yet that could. */
function explain(error: unknown): void {
  const refusal = asRefusal(error);
  const next = refusal?.data.next;
  dialog.showErrorBox("Paperclip Desktop could not start", [errorText(error), next].filter(Boolean).join("\n\n"));
}
