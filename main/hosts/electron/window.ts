import { app, BrowserWindow, nativeImage, nativeTheme, screen } from "electron";
import windowIcon from "./assets/window.png?inline";
import { keepBounds, LEAST_SIZE, placeWindow, readBounds } from "./bounds.ts";
import { PANEL_URL } from "./scheme.ts";

/** `--surface` of the panel's tokens, light and dark, as the native window takes a colour. */
export const SURFACE = { light: "#fcfcfd", dark: "#15171b" };

/** The window with the panel, at the place where it was last. It shows itself once there is something to see. */
export function createWindow(preload: string, folder: string): BrowserWindow {
  const main = screen.getPrimaryDisplay();
  const others = screen.getAllDisplays().filter(({ id }) => id !== main.id);
  const { maximized, ...bounds } = placeWindow(
    readBounds(folder),
    [main, ...others].map(({ workArea }) => workArea),
  );
  const window = new BrowserWindow({
    ...bounds,
    minWidth: LEAST_SIZE.width,
    minHeight: LEAST_SIZE.height,
    show: false,
    title: "Paperclip Desktop",
    backgroundColor: surface(),
    // Elsewhere it is the icon of the app itself.
    ...(process.platform === "linux" ? { icon: nativeImage.createFromDataURL(windowIcon) } : {}),
    webPreferences: {
      preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      safeDialogs: true,
      spellcheck: false,
      devTools: !app.isPackaged,
    },
  });
  let isShown = false;
  const appear = () => {
    if (isShown) return;
    isShown = true;
    if (maximized) window.maximize();
    window.show();
  };
  window.once("ready-to-show", appear);
  // On Wayland a window that is not shown may never be ready to be (electron/electron#48859).
  if (process.platform === "linux") window.webContents.once("did-finish-load", appear);
  const follow = () => window.setBackgroundColor(surface());
  nativeTheme.on("updated", follow);
  window.once("closed", () => nativeTheme.off("updated", follow));
  return window;
}

function surface(): string {
  return nativeTheme.shouldUseDarkColors ? SURFACE.dark : SURFACE.light;
}

/** Resolves when the panel is loaded. Where its process ends meanwhile it is loaded anew by others, and nothing has failed. */
export async function showPanel(window: BrowserWindow): Promise<void> {
  const contents = window.webContents;
  let isGone = false;
  contents.once("render-process-gone", () => (isGone = true));
  try {
    await window.loadURL(PANEL_URL);
  } catch (error) {
    if (!isGone && !contents.isCrashed()) throw error;
  }
}

/** Brings the window to the front, wherever it is. */
export function raise(window: BrowserWindow): void {
  if (window.isDestroyed()) return;
  if (window.isMinimized()) window.restore();
  window.show();
  window.focus();
}

/** Keeps where the window is for the next start. */
export function keepPlace(window: BrowserWindow, folder: string): void {
  if (window.isDestroyed()) return;
  keepBounds(folder, { ...window.getNormalBounds(), maximized: window.isMaximized() });
}
