import { dialog } from "electron";
import type { BrowserWindow } from "electron";
import type { Clock } from "../../instance/clock.ts";
import { GO_AHEAD, hangQuestion } from "./quit-question.ts";

export interface RecoveryOptions {
  readonly clock: Clock;
  /** Notes in the log what became of the panel. */
  report(error: Error): void;
  /** The name of what is edited in the panel and not saved, or null. */
  unsaved(): string | null;
  isQuitting(): boolean;
  quit(): void;
}

/** A panel that ends again so soon would end for ever. */
const AGAIN_MS = 60_000;

const RELOAD = 0;

/**
 * Loads the panel anew when its process ends or hangs. Where that happens again within a minute, and where input would be
 * lost, the operator decides.
 */
export function recoverPanel(window: BrowserWindow, options: RecoveryOptions): void {
  const contents = window.webContents;
  let lastMs = Number.NEGATIVE_INFINITY;
  contents.on("render-process-gone", (_event, { reason, exitCode }) => {
    if (reason === "clean-exit" || options.isQuitting()) return;
    options.report(new Error(`the process of the panel is gone: ${reason}, exit code ${exitCode}`));
    const nowMs = options.clock.monotonicMs();
    const isAgain = nowMs - lastMs < AGAIN_MS;
    lastMs = nowMs;
    if (isAgain) void askOperator(window, options);
    else contents.reload();
  });
  window.on("unresponsive", () => void endHung(window, options));
}

async function endHung(window: BrowserWindow, { unsaved, report }: RecoveryOptions): Promise<void> {
  const name = unsaved();
  if (name !== null && !(await mayDiscard(window, name))) return;
  report(new Error("the panel does not respond and is ended"));
  // What follows is what happens when the process of the panel is gone.
  if (!window.isDestroyed()) window.webContents.forcefullyCrashRenderer();
}

/** A panel that responds again takes the question back. */
async function mayDiscard(window: BrowserWindow, unsaved: string): Promise<boolean> {
  const question = new AbortController();
  const takeBack = () => question.abort();
  window.once("responsive", takeBack);
  const { response } = await dialog.showMessageBox(window, { ...hangQuestion(unsaved), signal: question.signal });
  window.off("responsive", takeBack);
  return response === GO_AHEAD && !question.signal.aborted;
}

async function askOperator(window: BrowserWindow, options: RecoveryOptions): Promise<void> {
  const { response } = await dialog.showMessageBox(window, {
    type: "error",
    title: "Paperclip Desktop",
    message: "The panel ended twice within a minute.",
    detail: "Runs go on. The cause stands in logs/paperclip.log in the instance folder.",
    buttons: ["Reload panel", "Quit Paperclip Desktop"],
    defaultId: RELOAD,
    cancelId: RELOAD,
    noLink: true,
  });
  if (response !== RELOAD) options.quit();
  else if (!window.isDestroyed()) window.webContents.reload();
}
