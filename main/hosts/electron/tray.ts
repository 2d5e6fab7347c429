import { Menu, nativeImage, Tray } from "electron";
import type { MenuItemConstructorOptions, NativeImage } from "electron";
import type { Status } from "../../../preload/contract/system.ts";
import type { Clock } from "../../instance/clock.ts";
import templateLarge from "./assets/tray-template@2x.png?inline";
import template from "./assets/tray-template.png?inline";
import colouredLarge from "./assets/tray@2x.png?inline";
import coloured from "./assets/tray.png?inline";

/** How the instance is, as far as the tray says it; null while that is not known. */
export type TrayStatus = Pick<Status, "runs" | "scheduler" | "readOnly">;

export interface TrayActions {
  open(): void;
  quit(): void;
  pauseAll(): void;
  resumeAll(): void;
}

export interface RunTray {
  show(status: TrayStatus | null): void;
  remove(): void;
}

/** What the tray says of the runs, such as `2 running, 1 queued`. */
export function runsText(runs: Status["runs"]): string {
  if (runs === null) return "What runs is not known";
  const parts = [
    ...(runs.running > 0 ? [`${runs.running} running`] : []),
    ...(runs.queued > 0 ? [`${runs.queued} queued`] : []),
  ];
  return parts.length > 0 ? parts.join(", ") : "Nothing is running";
}

const LONGEST_TITLE = 40;

/** What is due next, such as `Next: 02:00 Nightly triage`, by this machine's clock; the day where it is not today. */
export function nextText(scheduler: TrayStatus["scheduler"], now: Date): string {
  if (scheduler.pausedSince !== null) return "Schedules and webhooks are paused";
  if (scheduler.nextRunAt === null)
    return scheduler.state === "ready" ? "Nothing is due" : `Scheduler: ${scheduler.state}`;
  const at = new Date(scheduler.nextRunAt);
  const time = at.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  const isToday = at.toDateString() === now.toDateString();
  const day = isToday ? "" : `${at.toLocaleDateString("en-GB", { weekday: "short", day: "numeric", month: "short" })} `;
  const title = (scheduler.nextRoutine ?? "").replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu, " ").trim();
  const letters = [...title];
  const short =
    letters.length > LONGEST_TITLE
      ? `${letters
          .slice(0, LONGEST_TITLE - 1)
          .join("")
          .trimEnd()}…`
      : title;
  // On Windows and Linux an ampersand marks the letter that is pressed, and two of them are one.
  return `Next: ${day}${time} ${short.replaceAll("&", "&&")}`.trimEnd();
}

/** The menu of the tray. What cannot be done is there and cannot be pressed. */
export function trayTemplate(status: TrayStatus | null, now: Date, actions: TrayActions): MenuItemConstructorOptions[] {
  const mayChange = status !== null && status.runs !== null && status.readOnly === null;
  const isPaused = status !== null && status.scheduler.pausedSince !== null;
  return [
    { label: runsText(status?.runs ?? null), enabled: false },
    ...(status === null ? [] : [{ label: nextText(status.scheduler, now), enabled: false }]),
    { type: "separator" },
    isPaused
      ? { label: "Resume schedules and webhooks", enabled: mayChange, click: () => actions.resumeAll() }
      : { label: "Pause schedules and webhooks", enabled: mayChange, click: () => actions.pauseAll() },
    { type: "separator" },
    { label: "Open Paperclip Desktop", click: () => actions.open() },
    { label: "Quit", click: () => actions.quit() },
  ];
}

/** Puts the icon into the tray, or answers null where the desktop has none: the window has all of it too. */
export function createTray(platform: NodeJS.Platform, clock: Pick<Clock, "now">, actions: TrayActions): RunTray | null {
  let tray: Tray;
  try {
    tray = new Tray(trayImage(platform));
  } catch {
    return null;
  }
  // On macOS a click opens the menu.
  if (platform !== "darwin") tray.on("click", () => actions.open());
  const show = (status: TrayStatus | null) => {
    const now = clock.now();
    const next = status === null ? [] : [nextText(status.scheduler, now)];
    tray.setToolTip(["Paperclip Desktop", runsText(status?.runs ?? null), ...next].join("\n"));
    // Linux shows a change only where the menu is set anew.
    tray.setContextMenu(Menu.buildFromTemplate(trayTemplate(status, now, actions)));
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
