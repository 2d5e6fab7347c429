import { mkdirSync } from "node:fs";
import path from "node:path";
import { app } from "electron";
import type { InstancePaths } from "../../instance/paths.ts";
import { explainFileError, PRIVATE_DIRECTORY } from "../../instance/permissions.ts";

/** The folder of the window within its instance. */
export function windowFolder(paths: InstancePaths): string {
  return path.join(paths.root, "window");
}

/**
 * Keeps what Chromium writes with the instance that the window shows. Electron's lock against a second start is one of
 * this folder, so each instance has its own. Must be called before the lock is asked for and before the app is ready, which
 * is why it does not wait. Refuses with `instance_permissions` or `disk_full`.
 */
export function useWindowFolder(paths: InstancePaths): void {
  const folder = windowFolder(paths);
  const places = {
    userData: folder,
    sessionData: folder,
    logs: path.join(folder, "logs"),
    crashDumps: path.join(folder, "crashes"),
  };
  for (const [name, place] of Object.entries(places)) {
    try {
      mkdirSync(place, { recursive: true, mode: PRIVATE_DIRECTORY });
    } catch (error) {
      throw explainFileError(error, `The directory ${place} was not made`);
    }
    app.setPath(name, place);
  }
}
