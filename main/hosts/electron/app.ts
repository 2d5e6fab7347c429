import { ORPCError } from "@orpc/client";
import { app, dialog, Menu, powerMonitor } from "electron";
import type { BrowserWindow } from "electron";
import { errorData } from "../../../preload/contract/errors.ts";
import { asRefusal, errorText } from "../../contract/refusal.ts";
import type { OpenControlPlane } from "../../control-plane-port.ts";
import { systemClock } from "../../instance/clock.ts";
import { instancePaths } from "../../instance/paths.ts";
import type { InstancePaths } from "../../instance/paths.ts";
import { openWhenFree } from "../control/open-instance.ts";
import type { OpenInstance } from "../control/open-instance.ts";
import { rpcServer } from "../control/rpc.ts";
import { carryMessages } from "./channel.ts";
import { createCommands } from "./commands.ts";
import { denyEverything } from "./denial.ts";
import { followMenuState, showMenuState } from "./menu-state.ts";
import type { MenuState } from "./menu-state.ts";
import { menuTemplate } from "./menu.ts";
import { followNotices } from "./notifications.ts";
import { GO_AHEAD, quitQuestion, whatStops } from "./quit-question.ts";
import { quitInOrder } from "./quitting.ts";
import type { Quitting } from "./quitting.ts";
import { recoverPanel } from "./recovery.ts";
import { registerScheme, serveScheme } from "./scheme.ts";
import { refuseOpenSwitches } from "./switches.ts";
import { followTrayStatus } from "./tray-status.ts";
import { createTray } from "./tray.ts";
import { askBeforeReload } from "./unload.ts";
import { createUnsavedInput } from "./unsaved.ts";
import type { UnsavedInput } from "./unsaved.ts";
import { forkUtilityHelper } from "./utility-helper.ts";
import { useWindowFolder, windowFolder } from "./window-folder.ts";
import { openFolder, windowShell } from "./window-shell.ts";
import { createWindow, keepPlace, raise, showPanel } from "./window.ts";

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

const APP_NAME = "Paperclip Desktop";

/** The name of the app to Windows, which groups its windows and notifications by it. */
const APP_ID = "org.paperclip.desktop";

/** Milliseconds that the question before quitting waits for a database that may be hanging. */
const QUESTION_MS = 2_000;

const NOT_STARTED = `${APP_NAME} could not start`;
const NOT_CAUGHT = `${APP_NAME} ended after an error`;

/** Starts the app, or raises the window of the one that has this instance open already. */
export function startApp(options: AppOptions): void {
  try {
    const paths = instancePaths({}, process.env);
    refuseOpenSwitches();
    useWindowFolder(paths);
    if (app.requestSingleInstanceLock()) begin(options, paths);
    else app.quit();
  } catch (error) {
    failToGoOn(error, NOT_STARTED);
  }
}

function begin(options: AppOptions, paths: InstancePaths): void {
  if (process.platform === "win32") app.setAppUserModelId(APP_ID);
  // The app's own menu says it; elsewhere the name of the package is what the desktop knows the app by.
  if (process.platform === "darwin") app.setName(APP_NAME);
  app.enableSandbox();
  registerScheme();
  app.on("window-all-closed", () => app.quit());
  app
    .whenReady()
    .then(() => run(options, paths))
    .catch((error: unknown) => failToGoOn(error, NOT_STARTED));
}

function failToGoOn(error: unknown, title: string): void {
  explain(error, title);
  app.exit(1);
}

/** Shows the window at once and opens the instance behind it; resolves when both are there. */
async function run(options: AppOptions, paths: InstancePaths): Promise<void> {
  denyEverything();
  serveScheme(options.rendererDirectory);
  const closing = new AbortController();
  const isQuitting = () => closing.signal.aborted;
  const folder = windowFolder(paths);
  const window = createWindow(options.preload, folder);
  const opened = openInstance(options, paths, closing.signal);
  // An opening that fails is told below; one that ends because the app does is nobody's failure.
  opened.catch(() => undefined);
  const isOpen: { instance: OpenInstance | null } = { instance: null };
  const failure: { tell: (() => void) | null } = { tell: null };
  // A window that is about to go is not brought back.
  const show = () => {
    if (!isQuitting()) raise(window);
  };
  /** From the tray, where no panel says what became of it. */
  const change = (work: (client: OpenInstance["plane"]["client"]) => Promise<unknown>) => {
    const { instance } = isOpen;
    if (instance) void work(instance.plane.client).catch((error: unknown) => explain(error));
  };
  const tray = createTray(process.platform, systemClock, {
    open: show,
    quit: () => app.quit(),
    pauseAll: () => change((client) => client.scheduler.pause()),
    resumeAll: () => change((client) => client.scheduler.resume()),
  });
  const unsaved = createUnsavedInput();

  const quitting = quitInOrder({
    ask: (signal) => askBeforeQuitting(window, isOpen.instance, unsaved.current, signal),
    stop: async () => {
      closing.abort();
      keepPlace(window, folder);
      if (!window.isDestroyed()) window.hide();
      tray?.remove();
      try {
        const instance = await opened.catch(() => null);
        await instance?.close();
      } finally {
        // Not closed but ended: a page that asks whether to leave must not keep the app.
        if (!window.isDestroyed()) window.destroy();
        failure.tell?.();
      }
    },
    onFailure: (error) => explain(error),
  });
  /** Ends in order what cannot go on, and then says why. */
  const fail = (error: unknown, title: string) => {
    failure.tell ??= () => failToGoOn(error, title);
    quitting.now();
  };
  listenForTheEnd(window, quitting);
  app.on("second-instance", show);
  app.on("activate", show);

  const report = (error: unknown) => isOpen.instance?.plane.reportUnexpected(error, "window");
  listenForErrors(report, fail);
  recoverPanel(window, {
    clock: systemClock,
    report,
    unsaved: unsaved.current,
    isQuitting,
    quit: () => app.quit(),
  });
  askBeforeReload(window, { unsaved: unsaved.current, isQuitting });
  const { go, showMenu } = connectPanel(window, { opened, paths, unsaved, show });

  const shown = showPanel(window);
  shown.catch(() => undefined);
  try {
    isOpen.instance = await opened;
    const { plane } = isOpen.instance;
    plane.onStopRequested(quitting.now);
    void plane.closed.then(quitting.now);
    if (tray) {
      followTrayStatus(plane.client, systemClock, closing.signal, tray.show).catch((error: unknown) => {
        if (!isQuitting()) report(error);
      });
    }
    followMenuState(plane.client, systemClock, closing.signal, showMenu).catch((error: unknown) => {
      if (!isQuitting()) report(error);
    });
    followNotices(plane.client, systemClock, closing.signal, go).catch((error: unknown) => {
      if (!isQuitting()) report(error);
    });
    await shown;
  } catch (error) {
    if (!isQuitting()) fail(error, NOT_STARTED);
  }
}

function openInstance(options: AppOptions, paths: InstancePaths, signal: AbortSignal): Promise<OpenInstance> {
  return openWhenFree(
    options.openControlPlane,
    {
      paths,
      kind: "window",
      processEnv: process.env,
      version: app.getVersion(),
      forkHelper: forkUtilityHelper,
    },
    { signal, onWaiting: () => undefined },
  );
}

interface PanelSurroundings {
  readonly opened: Promise<OpenInstance>;
  readonly paths: InstancePaths;
  readonly unsaved: UnsavedInput;
  /** Brings the window to the front. */
  show(): void;
}

interface ConnectedPanel {
  /** Brings the panel to a place. */
  go(to: string, company?: string): void;
  /** Shows which items of the menu can be used. */
  showMenu(state: MenuState): void;
}

/** Menu and messages. What the panel asks for before the instance is open waits. */
function connectPanel(window: BrowserWindow, { opened, paths, unsaved, show }: PanelSurroundings): ConnectedPanel {
  const commands = createCommands(systemClock);
  const accepting = opened.then(({ plane }) => rpcServer(plane.router, plane.reportUnexpected));
  // An opening that fails ends the app, and whoever waits with it.
  accepting.catch(() => undefined);
  const hangUp = carryMessages(window.webContents, (socket) => {
    const shell = windowShell(window, commands, unsaved.listenTo(socket));
    accepting.then(
      (accept) => accept(socket, "electron", shell),
      () => undefined,
    );
  });
  window.once("closed", hangUp);

  const send: typeof commands.send = (command) => {
    show();
    commands.send(command);
  };
  const go = (to: string, company?: string) =>
    send({ command: "go", to, ...(company === undefined ? {} : { company }) });
  const choice = { platform: process.platform, isPackaged: app.isPackaged, version: app.getVersion() };
  const template = menuTemplate(choice, {
    go: (to) => go(to),
    openPalette: () => send({ command: "palette" }),
    openDataFolder: () => void openFolder(paths.root).catch((error: unknown) => explain(error)),
  });
  app.setAboutPanelOptions({ applicationName: APP_NAME, applicationVersion: choice.version });
  const menu = Menu.buildFromTemplate(template);
  Menu.setApplicationMenu(menu);
  return { go, showMenu: (state) => showMenuState(menu, state) };
}

/** Everything by which the app is ended. Only the operator is asked; who ends the session or sends a signal is not. */
function listenForTheEnd(window: BrowserWindow, quitting: Quitting): void {
  window.on("close", (event) => {
    if (quitting.isOver()) return;
    // The window stays until everything is stopped: the answer to the question may be to keep it.
    event.preventDefault();
    app.quit();
  });
  // Electron installs its own handlers before the app is ready, so that these are the ones that count.
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, quitting.now);
  // Windows ends the process soon after this, whatever is left to be done.
  window.on("session-end", quitting.now);
  powerMonitor.on("shutdown", (event?: { preventDefault?(): void }) => {
    event?.preventDefault?.();
    quitting.now();
  });
}

/**
 * Electron itself would put what nobody caught before the operator as it is, and go on in whatever state that left. It is
 * noted instead, and the app ends in order; a promise that failed unheard is noted alone.
 */
function listenForErrors(report: (error: unknown) => void, fail: (error: unknown, title: string) => void): void {
  // A terminal that the app was started from may be gone.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  process.on("unhandledRejection", report);
  process.on("uncaughtException", (error) => {
    report(error);
    fail(error, NOT_CAUGHT);
  });
}

async function askBeforeQuitting(
  window: BrowserWindow,
  instance: OpenInstance | null,
  unsaved: () => string | null,
  signal: AbortSignal,
): Promise<boolean> {
  if (!instance) return true;
  const late = new Promise<null>((resolve) => systemClock.after(QUESTION_MS, () => resolve(null)));
  const stops = await Promise.race([whatStops(instance.plane.client), late]);
  const question = quitQuestion(stops, unsaved());
  if (!question) return true;
  raise(window);
  const { response } = await dialog.showMessageBox(window, { ...question, signal });
  return response === GO_AHEAD;
}

/** Says what went wrong where no panel can. */
function explain(error: unknown, title = APP_NAME): void {
  const next = nextOf(error);
  dialog.showErrorBox(title, [errorText(error), next].filter(Boolean).join("\n\n"));
}

/** The next step of a refusal, also of one that the contract's client handed on. */
function nextOf(error: unknown): string | undefined {
  if (!(error instanceof ORPCError)) return asRefusal(error)?.data.next;
  return errorData.safeParse(error.data).data?.next;
}
