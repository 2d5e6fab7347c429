import { readdir } from "node:fs/promises";
import path from "node:path";
import { ROOTS, SETTINGS } from "./format.ts";

/** Why what is never taken along is not, by its place in the instance folder. */
const WHY: Readonly<Record<string, string>> = {
  db: "the files of the database: what is in it is inside as an archive",
  "data/backups": "other backups",
  logs: "the app's own logs; those of runs are inside",
  restore: "what is kept of restores, for their undo",
  secrets: "the master key in use is inside; what else lies here belongs to this machine",
};
const KEPT_DATABASE = "the files of a database before a restore, kept for its undo";
const OTHER = "of no part that a backup holds";

/** What lies in the folder of an instance beside what a full backup takes along, and why it is not inside. */
export async function outsideOf(instance: string): Promise<{ readonly place: string; readonly why: string }[]> {
  const below = async (folder: string) => {
    const names = await readdir(path.join(instance, folder)).catch(() => []);
    return names.map((name) => path.posix.join(folder, name));
  };
  const inside = new Set<string>([...ROOTS, ...SETTINGS, "data"]);
  const places = [...(await below(".")), ...(await below("data"))].filter((place) => !inside.has(place));
  return places.toSorted().map((place) => ({
    place,
    why: WHY[place] ?? (place.startsWith("db.kept-") ? KEPT_DATABASE : OTHER),
  }));
}
