import type { MenuItemConstructorOptions } from "electron";
import { EventEmitter } from "node:events";
import { vi } from "vitest";

/*
 * Electron itself does not run here. These tests look at what its host asks of Electron: the options it passes, what it
 * denies, and whom it listens to. Whether Electron then does it, only Electron shows.
 */

type Anything = (...given: never[]) => unknown;

export class FakeContents extends EventEmitter {
  readonly sent: unknown[] = [];
  openHandler: (() => unknown) | null = null;
  readonly reload = vi.fn<() => void>();
  readonly forcefullyCrashRenderer = vi.fn<() => void>();
  isDestroyed = () => false;
  crashed = false;
  isCrashed = () => this.crashed;
  send(_channel: string, message: unknown): void {
    this.sent.push(message);
  }
  setWindowOpenHandler(handler: () => unknown): void {
    this.openHandler = handler;
  }
}

export class FakeWindow extends EventEmitter {
  static readonly all: FakeWindow[] = [];
  /** How loading its page ends in the next window. */
  static nextLoad: Promise<void> = Promise.resolve();
  readonly webContents = new FakeContents();
  readonly calls: string[] = [];
  readonly options: Record<string, unknown>;
  destroyed = false;
  minimized = false;
  maximized = false;
  loaded: string | null = null;
  load: Promise<void> = FakeWindow.nextLoad;
  colour: string | null = null;
  constructor(options: Record<string, unknown>) {
    super();
    this.options = options;
    FakeWindow.all.push(this);
  }
  loadURL(url: string): Promise<void> {
    this.loaded = url;
    return this.load;
  }
  show = () => void this.calls.push("show");
  hide = () => void this.calls.push("hide");
  focus = () => void this.calls.push("focus");
  restore = () => void this.calls.push("restore");
  maximize = () => void this.calls.push("maximize");
  isMinimized = () => this.minimized;
  isMaximized = () => this.maximized;
  isDestroyed = () => this.destroyed;
  getNormalBounds = () => ({ x: 10, y: 20, width: 1_000, height: 700 });
  setBackgroundColor = (colour: string) => void (this.colour = colour);
  destroy = () => {
    this.destroyed = true;
    this.emit("closed");
  };
}

export class FakeImage {
  readonly representations: unknown[] = [];
  readonly source: string;
  template = false;
  constructor(source: string) {
    this.source = source;
  }
  addRepresentation = (given: unknown) => void this.representations.push(given);
  setTemplateImage = (is: boolean) => void (this.template = is);
}

export class FakeTray extends EventEmitter {
  static readonly all: FakeTray[] = [];
  static fails = false;
  toolTip = "";
  menu: unknown = null;
  destroyed = false;
  readonly image: FakeImage;
  constructor(image: FakeImage) {
    super();
    if (FakeTray.fails) throw new Error("there is no tray");
    this.image = image;
    FakeTray.all.push(this);
  }
  setToolTip = (text: string) => void (this.toolTip = text);
  setContextMenu = (menu: unknown) => void (this.menu = menu);
  destroy = () => void (this.destroyed = true);
}

export class FakeNotification extends EventEmitter {
  static readonly all: FakeNotification[] = [];
  static supported = true;
  static isSupported = () => FakeNotification.supported;
  shown = 0;
  closed = false;
  constructor(readonly options: Readonly<Record<string, unknown>>) {
    super();
    FakeNotification.all.push(this);
  }
  show = () => void (this.shown += 1);
  close = () => void (this.closed = true);
}

export class FakeChild extends EventEmitter {
  pid: number | undefined = undefined;
  readonly posted: unknown[] = [];
  readonly kill = vi.fn<() => boolean>();
  postMessage = (message: unknown) => void this.posted.push(message);
}

const app = Object.assign(new EventEmitter(), {
  isPackaged: false,
  switches: new Set<string>(),
  commandLine: { hasSwitch: (name: string): boolean => app.switches.has(name) },
  paths: new Map<string, string>(),
  isFirst: true,
  setPath: (name: string, place: string) => void app.paths.set(name, place),
  requestSingleInstanceLock: () => app.isFirst,
  whenReady: () => Promise.resolve(),
  getVersion: () => "1.2.3",
  setName: vi.fn<(name: string) => void>(),
  setAppUserModelId: vi.fn<(id: string) => void>(),
  enableSandbox: vi.fn<() => void>(),
  setAboutPanelOptions: vi.fn<(options: unknown) => void>(),
  exit: vi.fn<(code: number) => void>(),
  /** As Electron does: first it asks, and then the app is over. */
  quit: () => {
    let prevented = false;
    app.emit("before-quit", { preventDefault: () => (prevented = true) });
    if (!prevented) app.emit("will-quit");
  },
});

const permissions: Anything[] = [];
const keepHandler = (handler: Anything) => void permissions.push(handler);
const defaultSession = Object.assign(new EventEmitter(), {
  setPermissionRequestHandler: keepHandler,
  setPermissionCheckHandler: keepHandler,
  setDevicePermissionHandler: keepHandler,
  setDisplayMediaRequestHandler: keepHandler,
  webRequest: { onBeforeRequest: keepHandler },
});

/** What the host asked of Electron. */
export const asked = {
  permissions,
  privileged: [] as unknown[],
  handlers: new Map<string, (request: Request) => Promise<Response>>(),
  children: [] as { entry: string; args: unknown; options: unknown; child: FakeChild }[],
  menus: [] as unknown[],
};

export const electron = {
  app,
  BrowserWindow: FakeWindow,
  Tray: FakeTray,
  Notification: FakeNotification,
  ipcMain: new EventEmitter(),
  powerMonitor: new EventEmitter(),
  nativeTheme: Object.assign(new EventEmitter().setMaxListeners(0), { shouldUseDarkColors: false }),
  nativeImage: { createFromDataURL: (source: string) => new FakeImage(source) },
  screen: {
    getPrimaryDisplay: () => ({ id: 1, workArea: { x: 0, y: 0, width: 1_920, height: 1_080 } }),
    getAllDisplays: () => [{ id: 1, workArea: { x: 0, y: 0, width: 1_920, height: 1_080 } }],
  },
  Menu: {
    // The template itself, whose items are found by their ids as those of a menu are.
    buildFromTemplate: (template: readonly MenuItemConstructorOptions[]) =>
      Object.defineProperty(template, "getMenuItemById", {
        value: (id: string) =>
          template.flatMap(({ submenu }) => (Array.isArray(submenu) ? submenu : [])).find((item) => item.id === id) ??
          null,
      }),
    setApplicationMenu: (menu: unknown) => void asked.menus.push(menu),
  },
  dialog: {
    showErrorBox: vi.fn<(title: string, content: string) => void>(),
    showMessageBox: vi.fn<(window: unknown, options: Record<string, unknown>) => Promise<{ response: number }>>(),
    showOpenDialog: vi.fn<(window: unknown, options: Record<string, unknown>) => Promise<unknown>>(),
    showSaveDialog: vi.fn<(window: unknown, options: Record<string, unknown>) => Promise<unknown>>(),
  },
  shell: { openPath: vi.fn<(folder: string) => Promise<string>>() },
  protocol: {
    registerSchemesAsPrivileged: (schemes: unknown) => void asked.privileged.push(schemes),
    handle: (scheme: string, handler: (request: Request) => Promise<Response>) =>
      void asked.handlers.set(scheme, handler),
  },
  session: { defaultSession },
  utilityProcess: {
    fork: (entry: string, args: unknown, options: unknown) => {
      const child = new FakeChild();
      asked.children.push({ entry, args, options, child });
      return child;
    },
  },
};
