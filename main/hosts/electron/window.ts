import { app, BrowserWindow, Menu, session } from "electron";
import { PANEL_URL } from "./scheme.ts";

/** What no page may do here, whatever it is: ask for permissions, leave, open windows, embed others. */
export function denyEverything(): void {
  session.defaultSession.setPermissionRequestHandler((_contents, _permission, answer) => answer(false));
  session.defaultSession.setPermissionCheckHandler(() => false);
  session.defaultSession.setDevicePermissionHandler(() => false);
  app.on("web-contents-created", (_event, contents) => {
    contents.on("will-navigate", (event) => event.preventDefault());
    contents.on("will-frame-navigate", (event) => event.preventDefault());
    contents.on("will-redirect", (event) => event.preventDefault());
    contents.on("will-attach-webview", (event) => event.preventDefault());
    contents.setWindowOpenHandler(() => ({ action: "deny" }));
  });
}

/** The window with the panel. It shows itself once there is something to see. */
export function createWindow(preload: string): BrowserWindow {
  const window = new BrowserWindow({
    width: 1_200,
    height: 800,
    minWidth: 720,
    minHeight: 600,
    show: false,
    title: "Paperclip Desktop",
    webPreferences: {
      preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webviewTag: false,
      spellcheck: false,
    },
  });
  window.once("ready-to-show", () => window.show());
  return window;
}

export function showPanel(window: BrowserWindow): Promise<void> {
  return window.loadURL(PANEL_URL);
}

/** Editing, windows and quitting as the system has them; what is the product's own comes with the whole panel. */
export function setMenu(): void {
  const ofApp = process.platform === "darwin" ? [{ role: "appMenu" as const }] : [{ role: "fileMenu" as const }];
  Menu.setApplicationMenu(Menu.buildFromTemplate([...ofApp, { role: "editMenu" }, { role: "windowMenu" }]));
}
