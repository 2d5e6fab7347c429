import { Menu, nativeImage, Tray } from "electron";
import type { MenuItemConstructorOptions, NativeImage } from "electron";
import type { Status } from "../../../preload/contract/system.ts";
import templateLarge from "./assets/tray-template@2x.png?inline";
import template from "./assets/tray-template.png?inline";
import colouredLarge from "./assets/tray@2x.png?inline";
import coloured from "./assets/tray.png?inline";

/** What runs now; null while that is not known. */
export type ActiveRuns = Status["runs"];

export interface TrayActions {
  open(): void;
  quit(): void;
}

export interface RunTray {
  show(runs: ActiveRuns): void;
  remove(): void;
}

/** What the tray says of the runs, such as `2 running, 1 queued`. */
export function runsText(runs: ActiveRuns): string {
  if (runs === null) return "What runs is not known";
  const parts = [
    ...(runs.running > 0 ? [`${runs.running} running`] : []),
    ...(runs.queued > 0 ? [`${runs.queued} queued`] : []),
  ];
  return parts.length > 0 ? parts.join(", ") : "Nothing is running";
}

export function trayTemplate(runs: ActiveRuns, actions: TrayActions): MenuItemConstructorOptions[] {
  return [
    { label: runsText(runs), enabled: false },
    { type: "separator" },
    { label: "Open Paperclip Desktop", click: () => actions.open() },
    { label: "Quit", click: () => actions.quit() },
  ];
}

/** Puts the icon into the tray, or answers null where the desktop has none: the window has all of it too. */
export function createTray(platform: NodeJS.Platform, actions: TrayActions): RunTray | null {
  let tray: Tray;
  try {
    tray = new Tray(trayImage(platform));
  } catch {
    return null;
  }
  // On macOS a click opens the menu.
  if (platform !== "darwin") tray.on("click", () => actions.open());
  const show = (runs: ActiveRuns) => {
    tray.setToolTip(`Paperclip Desktop: ${runsText(runs)}`);
    // Linux shows a change only where the menu is set anew.
    tray.setContextMenu(Menu.buildFromTemplate(trayTemplate(runs, actions)));
  };
  show(null);
  return { show, remove: () => tray.destroy() };
}

/** macOS colours a template itself, by the menu bar. */
function trayImage(platform: NodeJS.Platform): NativeImage {
  const isMac = platform === "darwin";
  const image = nativeImage.createFromDataURL(isMac ? template : coloured);
  image.addRepresentation({ scaleFactor: 2, dataURL: isMac ? templateLarge : colouredLarge });
  if (isMac) image.setTemplateImage(true);
  return image;
}
