import type { MenuItemConstructorOptions } from "electron";

/** What the items of the product's own do. */
export interface MenuActions {
  /** Goes to a place of the panel. */
  go(to: string): void;
  openPalette(): void;
  openDataFolder(): void;
}

export interface MenuChoice {
  readonly platform: NodeJS.Platform;
  readonly isPackaged: boolean;
  readonly version: string;
}

const PLACES: readonly (readonly [label: string, to: string])[] = [
  ["Home", "/"],
  ["Routines", "/routines"],
  ["Runs", "/runs"],
  ["Secrets", "/secrets"],
  ["Backups", "/backups"],
  ["Settings", "/settings"],
];

const SEPARATOR: MenuItemConstructorOptions = { type: "separator" };

/** The menu of the window as data. On macOS the app's own menu stands first, and holds About and Quit. */
export function menuTemplate(choice: MenuChoice, actions: MenuActions): MenuItemConstructorOptions[] {
  const isMac = choice.platform === "darwin";
  return [
    ...(isMac ? [{ role: "appMenu" as const }] : []),
    { label: "&File", submenu: fileItems(isMac, actions) },
    { role: "editMenu" },
    { label: "&View", submenu: viewItems(choice, actions) },
    { role: "windowMenu" },
    { role: "help", submenu: [{ role: "about", label: `About Paperclip Desktop ${choice.version}` }] },
  ];
}

function fileItems(isMac: boolean, actions: MenuActions): MenuItemConstructorOptions[] {
  return [
    { label: "New routine", accelerator: "CmdOrCtrl+N", click: () => actions.go("/routines/new") },
    { label: "Run…", accelerator: "CmdOrCtrl+Shift+R", click: () => actions.openPalette() },
    SEPARATOR,
    { label: "Back up now", click: () => actions.go("/backups?ask=now") },
    { label: "Back up everything…", click: () => actions.go("/backups?ask=everything") },
    { label: "Verify backup", click: () => actions.go("/backups") },
    SEPARATOR,
    { label: "Open data folder", click: () => actions.openDataFolder() },
    SEPARATOR,
    isMac ? { role: "close" } : { role: "quit", label: "Quit", accelerator: "CmdOrCtrl+Q" },
  ];
}

function viewItems({ isPackaged }: MenuChoice, actions: MenuActions): MenuItemConstructorOptions[] {
  return [
    ...PLACES.map(([label, to], index) => ({
      label,
      accelerator: `CmdOrCtrl+${index + 1}`,
      click: () => actions.go(to),
    })),
    SEPARATOR,
    { role: "resetZoom" },
    { role: "zoomIn" },
    { role: "zoomOut" },
    SEPARATOR,
    { role: "togglefullscreen" },
    ...(isPackaged ? [] : [SEPARATOR, { role: "reload" as const }, { role: "toggleDevTools" as const }]),
  ];
}
