import { dialog } from "electron";
import type { BrowserWindow } from "electron";
import { GO_AHEAD, reloadQuestion } from "./quit-question.ts";

export interface UnloadOptions {
  /** The name of what is edited and not saved, or null. */
  unsaved(): string | null;
  isQuitting(): boolean;
}

/**
 * Asks before the panel is loaded anew over unsaved input. A page that wants to stay would otherwise keep the window without
 * a word. Once the app ends, which was asked about, nothing keeps it.
 */
export function askBeforeReload(window: BrowserWindow, options: UnloadOptions): void {
  const contents = window.webContents;
  let state: "quiet" | "asking" | "confirmed" = "quiet";
  contents.on("will-prevent-unload", (event) => {
    // To prevent this event is to overrule the page. It has to be done at once, and the answer takes its time: the page
    // stays, and is loaded anew when the operator says so.
    if (state === "confirmed" || options.isQuitting()) return event.preventDefault();
    if (state === "asking") return;
    state = "asking";
    void dialog.showMessageBox(window, reloadQuestion(options.unsaved() ?? "")).then(
      ({ response }) => {
        state = response === GO_AHEAD ? "confirmed" : "quiet";
        if (state === "confirmed" && !window.isDestroyed()) contents.reload();
      },
      () => (state = "quiet"),
    );
  });
  contents.on("did-navigate", () => {
    if (state === "confirmed") state = "quiet";
  });
}
