import type { MenuItemConstructorOptions } from "electron";
import { expect, test } from "vitest";
import { menuTemplate } from "../../../../main/hosts/electron/menu.ts";

const picked: string[] = [];
const actions = {
  go: (to: string) => void picked.push(to),
  openPalette: () => void picked.push("palette"),
  openDataFolder: () => void picked.push("folder"),
};
const choice = { platform: "linux", isPackaged: true, version: "1.2.3" } as const;

function itemsOf(menu: readonly MenuItemConstructorOptions[], label: string): MenuItemConstructorOptions[] {
  const submenu = menu.find((item) => (item.label ?? item.role)?.replace("&", "") === label)?.submenu;
  return Array.isArray(submenu) ? submenu.filter(({ type }) => type !== "separator") : [];
}

const named = (items: readonly MenuItemConstructorOptions[]) =>
  items.map(({ label, role, accelerator }) => [label ?? role, accelerator ?? null]);

test("the menu of Linux and Windows", () => {
  const menu = menuTemplate(choice, actions);
  expect(menu.map(({ label, role }) => label ?? role)).toEqual(["&File", "editMenu", "&View", "windowMenu", "help"]);
  expect(named(itemsOf(menu, "File"))).toEqual([
    ["New routine", "CmdOrCtrl+N"],
    ["Run…", "CmdOrCtrl+Shift+R"],
    ["Back up now", null],
    ["Back up everything…", null],
    ["Restore…", null],
    ["Undo restore", null],
    ["Verify backup", null],
    ["Open data folder", null],
    ["Quit", "CmdOrCtrl+Q"],
  ]);
  expect(named(itemsOf(menu, "View"))).toEqual([
    ["Home", "CmdOrCtrl+1"],
    ["Routines", "CmdOrCtrl+2"],
    ["Runs", "CmdOrCtrl+3"],
    ["Secrets", "CmdOrCtrl+4"],
    ["Backups", "CmdOrCtrl+5"],
    ["Settings", "CmdOrCtrl+6"],
    ["resetZoom", null],
    ["zoomIn", null],
    ["zoomOut", null],
    ["togglefullscreen", null],
  ]);
  expect(named(itemsOf(menu, "help"))).toEqual([["About Paperclip Desktop 1.2.3", null]]);
});

test("macOS has the app's own menu first, which quits; the window is closed from File", () => {
  const menu = menuTemplate({ ...choice, platform: "darwin" }, actions);
  expect(menu[0]).toEqual({ role: "appMenu" });
  expect(itemsOf(menu, "File").at(-1)).toEqual({ role: "close" });
});

test("the developer tools are offered in the source tree only", () => {
  const roles = (isPackaged: boolean) =>
    itemsOf(menuTemplate({ ...choice, isPackaged }, actions), "View").map(({ role }) => role);
  expect(roles(true)).not.toContain("toggleDevTools");
  expect(roles(false)).toEqual(expect.arrayContaining(["reload", "toggleDevTools"]));
});

test("each item of the product's own does what it says", () => {
  const menu = menuTemplate(choice, actions);
  for (const item of [...itemsOf(menu, "File"), ...itemsOf(menu, "View")]) {
    item.click?.({} as never, undefined, {} as never);
  }
  expect(picked).toEqual([
    "/routines/new",
    "palette",
    "/backups?ask=now",
    "/backups?ask=everything",
    "/backups?ask=restore",
    "/backups?ask=undo",
    "/backups?ask=verify",
    "folder",
    "/",
    "/routines",
    "/runs",
    "/secrets",
    "/backups",
    "/settings",
  ]);
});
