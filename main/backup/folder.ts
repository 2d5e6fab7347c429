import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import type { BackupEntry, BackupHead } from "../../preload/contract/backups.ts";
import { errorText, systemCode } from "../contract/refusal.ts";
import { explainFileError } from "../instance/permissions.ts";
import { Damaged } from "./damaged.ts";
import { isBackupFileName, isReceivedFileName, takenAtOf, type Header } from "./format.ts";
import { fullReasonOf, isFullBackupFileName } from "./full/format.ts";
import { openedByOf } from "./full/read.ts";
import { readProofs } from "./proofs.ts";
import { readHeader } from "./read.ts";

/** The backups in a folder, the newest first. Whatever else lies there is not told of. */
export async function listBackups(directory: string): Promise<BackupEntry[]> {
  const proofs = await readProofs(directory);
  const isOne = (name: string) => isBackupFileName(name) || isFullBackupFileName(name);
  const newestFirst = (await namesIn(directory)).filter(isOne).toSorted().toReversed();
  const entries: BackupEntry[] = [];
  for (const name of newestFirst) {
    const file = path.join(directory, name);
    try {
      const provenAt = proofs.get(name) ?? null;
      if (isFullBackupFileName(name)) entries.push({ ...(await sealedOne(file)), provenAt });
      else {
        const { header, bytes } = await readHeader(file, new AbortController().signal);
        entries.push({ ...headOf(file, header, bytes), state: "ok", provenAt });
      }
    } catch (error) {
      const found = await stat(file).catch(() => null);
      // It was removed meanwhile.
      if (found === null) continue;
      entries.push({ state: "unreadable", path: file, bytes: found.size, problem: errorText(error) });
    }
  }
  return entries;
}

/** Those that were taken here. */
export function ownBackups(backups: readonly BackupEntry[]): BackupEntry[] {
  return backups.filter((one) => !isReceivedFileName(path.basename(one.path)));
}

/** What can be told of a full backup without opening it. */
async function sealedOne(file: string) {
  const { openedBy, bytes } = await openedByOf(file);
  const name = path.basename(file);
  const takenAt = takenAtOf(name);
  if (openedBy === null || takenAt === null) throw new Damaged("it is no file of the age format");
  const told = { takenAt: takenAt.toISOString(), bytes, openedBy, reason: fullReasonOf(name) };
  return { state: "sealed", kind: "full", path: file, ...told } as const;
}

/** The names of what lies in a folder; none where there is no folder. */
export async function namesIn(directory: string): Promise<string[]> {
  return readdir(directory).catch((error: unknown) => {
    if (systemCode(error) === "ENOENT") return [];
    throw explainFileError(error, `The folder of backups ${directory} was not read`);
  });
}

/** What the header of a backup says, as it is told. */
export function headOf(file: string, header: Header, bytes: number): BackupHead {
  return {
    path: file,
    kind: header.kind,
    reason: header.reason,
    takenAt: header.takenAt,
    bytes,
    appVersion: header.app.version,
    schema: header.schema.migrations.at(-1)?.number ?? 0,
    instance: { id: header.instance.id, companies: header.instance.companies.map(({ name }) => name) },
    keyIds: header.keys.needed,
  };
}
