import { readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Rectangle } from "electron";
import { z } from "zod";
import { PRIVATE_FILE } from "../../instance/permissions.ts";

const DEFAULT_SIZE = { width: 1_200, height: 800 };
/** The panel is made for 720 pixels and more; a window with its frame is a little wider. */
export const LEAST_SIZE = { width: 900, height: 600 };

/** So much of the window's upper edge must be on a display, or nobody could take hold of it. */
const GRIP = { width: 120, height: 32 };

const pixels = z.int().min(-100_000).max(100_000);
const keptBounds = z.object({ x: pixels, y: pixels, width: pixels, height: pixels, maximized: z.boolean() });
export type KeptBounds = z.infer<typeof keptBounds>;

/** Where the window opens; without `x` and `y` it is centred by the system. */
export interface Placement {
  readonly x?: number;
  readonly y?: number;
  readonly width: number;
  readonly height: number;
  readonly maximized: boolean;
}

/**
 * Where the window opens: where it was, as far as it can be seen and fits on a display that is there now. `areas` are the
 * displays without their bars, the main one first.
 */
export function placeWindow(kept: KeptBounds | null, areas: readonly Rectangle[]): Placement {
  const area = kept ? areas.find((each) => canBeGripped(kept, each)) : undefined;
  if (!kept || !area) return { ...fitted(DEFAULT_SIZE, areas[0]), maximized: false };
  return { x: kept.x, y: kept.y, ...fitted(kept, area), maximized: kept.maximized };
}

function canBeGripped(window: Rectangle, area: Rectangle): boolean {
  const across = Math.min(window.x + window.width, area.x + area.width) - Math.max(window.x, area.x);
  return across >= GRIP.width && window.y >= area.y && window.y + GRIP.height <= area.y + area.height;
}

function fitted(size: { width: number; height: number }, area: Rectangle | undefined) {
  const within = (length: number, least: number, most = length) => Math.max(least, Math.min(length, most));
  return {
    width: within(size.width, LEAST_SIZE.width, area?.width),
    height: within(size.height, LEAST_SIZE.height, area?.height),
  };
}

/** Where the window was last, or null where that is not known: a file that cannot be read or means nothing is ignored. */
export function readBounds(folder: string): KeptBounds | null {
  try {
    return keptBounds.parse(JSON.parse(readFileSync(boundsFile(folder), "utf8")));
  } catch {
    return null;
  }
}

/** Keeps where the window is. Written at once, because the app is about to end; that it failed harms nothing. */
export function keepBounds(folder: string, bounds: KeptBounds): void {
  const file = boundsFile(folder);
  try {
    writeFileSync(`${file}.new`, `${JSON.stringify(bounds)}\n`, { mode: PRIVATE_FILE });
    renameSync(`${file}.new`, file);
  } catch {
    // The window opens at its usual place then.
  }
}

function boundsFile(folder: string): string {
  return path.join(folder, "bounds.json");
}
