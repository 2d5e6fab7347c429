import type { MenuItemConstructorOptions } from "electron";

/** What the items of the product's own do. */
export interface MenuActions {
  /** Goes to a place of the panel. */
  go(to: string): void;
  openPalette(): void;
  openDataFolder(): void;
}

/** Items that are not always of use, by their ids. */
export const FOLLOWING_ITEMS = ["take", "everything", "restore", "undo", "verify"] as const;
export type FollowingItem = (typeof FOLLOWING_ITEMS)[number];

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
    following("take", "Back up now", () => actions.go("/backups?ask=now")),
    following("everything", "Back up everything…", () => actions.go("/backups?ask=everything")),
    following("restore", "Restore…", () => actions.go("/backups?ask=restore")),
    following("undo", "Undo restore", () => actions.go("/backups?ask=undo")),
    following("verify", "Verify backup", () => actions.go("/backups?ask=verify")),
    SEPARATOR,
    { label: "Open data folder", click: () => actions.openDataFolder() },
    SEPARATOR,
    isMac ? { role: "close" } : { role: "quit", label: "Quit", accelerator: "CmdOrCtrl+Q" },
  ];
}

/** Disabled until it is known whether it can be done. */
function following(id: FollowingItem, label: string, click: () => void): MenuItemConstructorOptions {
  return { id, label, enabled: false, click };
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
