import { EventEmitter } from "node:events";
import type {
  Dialog,
  Display,
  MenuItem,
  MenuItemConstructorOptions,
  MessageBoxOptions,
  NativeImage,
  Rectangle,
  SaveDialogOptions,
  Shell,
} from "electron";

/*
 * What Electron asks of the desktop. There is none: it is recorded, and a spec calls it as the operator would. A spec puts
 * its own functions in the place of `dialog`'s, as it does with Electron.
 */

type Item = Pick<MenuItem, "click" | "enabled" | "id" | "label" | "type" | "visible"> & {
  readonly role: string | undefined;
  readonly accelerator: string | undefined;
  readonly submenu: StandInMenu | undefined;
};

export class StandInMenu {
  static #application: StandInMenu | null = null;
  readonly items: readonly Item[];

  private constructor(template: readonly MenuItemConstructorOptions[]) {
    this.items = template.map(itemOf);
  }

  static buildFromTemplate(template: readonly MenuItemConstructorOptions[]): StandInMenu {
    return new StandInMenu(template);
  }

  static setApplicationMenu(menu: StandInMenu | null): void {
    StandInMenu.#application = menu;
  }

  static getApplicationMenu(): StandInMenu | null {
    return StandInMenu.#application;
  }

  getMenuItemById(id: string): Item | null {
    for (const item of this.items) {
      const found = item.id === id ? item : item.submenu?.getMenuItemById(id);
      if (found) return found;
    }
    return null;
  }
}

function itemOf(options: MenuItemConstructorOptions): Item {
  const { id = "", label = "", enabled = true, visible = true, submenu, role } = options;
  const item: Item = {
    id,
    label,
    enabled,
    visible,
    role,
    accelerator: typeof options.accelerator === "string" ? options.accelerator : undefined,
    type: options.type ?? (submenu ? "submenu" : "normal"),
    submenu: Array.isArray(submenu) ? StandInMenu.buildFromTemplate(submenu) : undefined,
    click: (...given: unknown[]) => {
      const [event, window] = given as Parameters<NonNullable<MenuItemConstructorOptions["click"]>>[];
      options.click?.(item as never, window as never, (event ?? {}) as never);
    },
  };
  return item;
}

/** What was shown on the desktop, for a spec to look at and to press. */
export class StandInNotification extends EventEmitter {
  static readonly all: StandInNotification[] = [];
  static isSupported = () => true;

  constructor(readonly options: { readonly title?: string; readonly body?: string }) {
    super();
  }

  show(): void {
    StandInNotification.all.push(this);
  }

  close(): void {
    this.emit("close");
  }
}

export class StandInTray extends EventEmitter {
  static readonly all = new Set<StandInTray>();
  menu: StandInMenu | null = null;
  toolTip = "";

  constructor() {
    super();
    StandInTray.all.add(this);
  }

  setToolTip(text: string): void {
    this.toolTip = text;
  }

  setContextMenu(menu: StandInMenu | null): void {
    this.menu = menu;
  }

  destroy(): void {
    StandInTray.all.delete(this);
  }
}

export const dialog: Pick<Dialog, "showErrorBox"> & {
  showMessageBox(...given: unknown[]): Promise<{ response: number; checkboxChecked: boolean }>;
  showSaveDialog(...given: unknown[]): Promise<{ canceled: boolean; filePath: string }>;
} = {
  showErrorBox: (title, content) => void process.stderr.write(`${title}\n${content}\n`),
  showMessageBox: async (...given) => {
    const options = given.at(-1) as MessageBoxOptions;
    return { response: options.cancelId ?? 0, checkboxChecked: false };
  },
  showSaveDialog: async (...given) => {
    const options = given.at(-1) as SaveDialogOptions;
    return { canceled: true, filePath: options.defaultPath ?? "" };
  },
};

export const shell: Pick<Shell, "openPath"> = { openPath: async () => "" };

class Theme extends EventEmitter {
  readonly shouldUseDarkColors = false;
}
export const nativeTheme = new Theme();

const workArea: Rectangle = { x: 0, y: 0, width: 1_920, height: 1_080 };
const display: Pick<Display, "id" | "workArea"> = { id: 1, workArea };
export const screen = { getAllDisplays: () => [display], getPrimaryDisplay: () => display };

type Image = Pick<NativeImage, "addRepresentation" | "setTemplateImage">;
export const nativeImage = {
  createFromDataURL: (): Image => ({ addRepresentation: () => undefined, setTemplateImage: () => undefined }),
};

export const powerMonitor = new EventEmitter();
