import { EventEmitter } from "node:events";
import type { BrowserWindowConstructorOptions } from "electron";
import type { StandInApp } from "./app.ts";
import {
  dialog,
  nativeImage,
  nativeTheme,
  powerMonitor,
  screen,
  shell,
  StandInMenu,
  StandInNotification,
  StandInTray,
} from "./desktop.ts";
import type { ProtocolClient } from "./protocol-client.ts";
import { StandInSession } from "./session.ts";
import { StandInUtilityProcess } from "./utility-process.ts";
import { StandInWindow, type StandInContents, type Surroundings } from "./window.ts";

/** The module `electron`, with what the app and its specs use of it. */
export function electronModule(app: StandInApp, browser: () => ProtocolClient) {
  const windows = new Map<number, StandInWindow>();
  const session = new StandInSession();
  const ipcMain = new EventEmitter();
  const around: Surroundings = { app, session, ipcMain, windows, browser };
  const allContents = (): StandInContents[] => [...windows.values()].map(({ webContents }) => webContents);

  class BrowserWindow extends StandInWindow {
    constructor(options: BrowserWindowConstructorOptions = {}) {
      super(around, options);
    }

    static getAllWindows(): StandInWindow[] {
      return [...windows.values()];
    }

    /** Playwright asks by the page's contents. */
    static fromWebContents(contents: StandInContents): StandInWindow | null {
      return windows.get(contents.id) ?? null;
    }
  }

  return {
    app,
    BrowserWindow,
    dialog,
    ipcMain,
    Menu: StandInMenu,
    nativeImage,
    nativeTheme,
    powerMonitor,
    protocol: session.protocol,
    screen,
    session: { defaultSession: session },
    shell,
    Tray: StandInTray,
    Notification: StandInNotification,
    utilityProcess: StandInUtilityProcess,
    /** Playwright asks by the id that the browser has given the page. */
    webContents: {
      getAllWebContents: allContents,
      fromDevToolsTargetId: (id: string) => allContents().find(({ targetId }) => targetId === id),
    },
  };
}
