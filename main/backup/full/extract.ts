import { lutimes, mkdir, rm, symlink } from "node:fs/promises";
import path from "node:path";
import { systemCode } from "../../contract/refusal.ts";
import { explainFileError, makePrivateDirectory, PRIVATE_DIRECTORY, writeNew } from "../../instance/permissions.ts";
import { Damaged } from "../damaged.ts";
import { put } from "./put.ts";
import { readFullBackup, type FullBackupContent, type ReadFullOptions } from "./read.ts";

/** A full backup that was opened into a folder: every part was held against the sums, and is on the disk. */
export interface ExtractedBackup {
  readonly content: FullBackupContent;
  /** The backup of the database, which `loadBackup` takes. */
  readonly database: string;
  /** The file of the master key; null where there never was one. */
  readonly key: { readonly id: string; readonly file: string } | null;
  /** Where each file of settings lies, by its name. */
  readonly settings: ReadonlyMap<string, string>;
  /** Holds the files at their paths below the instance folder, such as `workspaces/…`; made only where there are any. */
  readonly files: string;
}

/**
 * Opens a full backup into a folder that must not be there yet, mode 0700. Refuses as `readFullBackup` does and with
 * `disk_full`; the folder is gone then.
 */
export async function extractFullBackup(options: ReadFullOptions, into: string): Promise<ExtractedBackup> {
  await makePrivateDirectory(path.dirname(into));
  try {
    await mkdir(into, { mode: PRIVATE_DIRECTORY });
    return await extractInto(options, into);
  } catch (error) {
    await rm(into, { recursive: true, force: true });
    throw explainFileError(error, `The backup was not opened into ${into}`);
  }
}

async function extractInto(options: ReadFullOptions, into: string): Promise<ExtractedBackup> {
  const database = path.join(into, "database.tar");
  const files = path.join(into, "files");
  const settings = new Map<string, string>();
  let key: ExtractedBackup["key"] = null;
  const content = await readFullBackup(options, {
    databaseInto: database,
    onKey: async (id, text) => {
      key = { id, file: path.join(into, "master.key") };
      await writeNew(key.file, text);
    },
    onSettings: async (name, data) => {
      const file = path.join(into, name === ".env" ? "env" : name);
      await writeNew(file, data);
      settings.set(name, file);
    },
    onFile: async (name, entry) => {
      const file = path.join(files, ...name.split("/"));
      await put(file, entry).catch((error: unknown) => {
        // A file stands where another one needs a folder, or the other way round: no file system holds both.
        if (["ENOTDIR", "EEXIST", "EISDIR"].includes(systemCode(error) ?? "")) {
          throw new Damaged("two files inside are in each other's way");
        }
        throw error;
      });
    },
    onLink: async (name, { target, modifiedAt }) => {
      const place = path.join(files, ...name.split("/"));
      try {
        await mkdir(path.dirname(place), { recursive: true, mode: PRIVATE_DIRECTORY });
        await symlink(target, place);
        await lutimes(place, modifiedAt, modifiedAt);
      } catch (error) {
        if (["ENOTDIR", "EEXIST"].includes(systemCode(error) ?? "")) {
          throw new Damaged("a file and a symbolic link inside are in each other's way");
        }
        // Windows lets few accounts make links, and some file systems have none: the rest comes back all the same.
        if (!["EPERM", "ENOSYS", "ENOTSUP"].includes(systemCode(error) ?? "")) throw error;
      }
    },
  });
  return { content, database, key, settings, files };
}
