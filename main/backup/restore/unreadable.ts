import { lstat, readdir } from "node:fs/promises";
import path from "node:path";
import { asRefusal } from "../../contract/refusal.ts";
import { isThere, keptDatabase, readRecords, type RestorePlaces } from "./places.ts";

/** What is kept of a restore and cannot be read: it never expires, because in it may be the only copy of a key. */
export interface UnreadableKept {
  readonly folder: string;
  /** The data directory that was kept with it, by its name; null where there is none. */
  readonly database: string | null;
  readonly bytes: number;
  /** Why, as a clause. */
  readonly why: string;
}

/** A look at what is kept and cannot be read. How large it is is counted once: nothing writes there any more. */
export function unreadableKept(places: RestorePlaces): () => Promise<UnreadableKept[]> {
  const counted = new Map<string, number>();
  const sizeOf = async (entry: string): Promise<number> => {
    const bytes = counted.get(entry) ?? (await bytesBelow(entry));
    counted.set(entry, bytes);
    return bytes;
  };
  return async () => {
    const found: UnreadableKept[] = [];
    for (const record of await readRecords(places)) {
      if (record.kind !== "unreadable") continue;
      const { folder, error } = record;
      const data = keptDatabase(places, path.basename(folder));
      const database = (await isThere(data)) ? data : null;
      const bytes = (await sizeOf(folder)) + (database === null ? 0 : await sizeOf(database));
      const why = asRefusal(error)?.message ?? "its record, kept.json, is damaged or of another version of the app";
      found.push({ folder, database, bytes, why });
    }
    return found;
  };
}

/** Bytes of a file, or of all files below a directory; 0 for what cannot be looked at. */
async function bytesBelow(entry: string): Promise<number> {
  const found = await lstat(entry).catch(() => null);
  if (found === null || !found.isDirectory()) return found?.size ?? 0;
  let bytes = 0;
  for (const name of await readdir(entry).catch(() => [])) bytes += await bytesBelow(path.join(entry, name));
  return bytes;
}
