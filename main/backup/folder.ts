import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import type { BackupEntry, BackupHead, FullContent } from "../../preload/contract/backups.ts";
import { countAreas } from "../../preload/rules/backup-areas.ts";
import { errorText, systemCode } from "../contract/refusal.ts";
import { explainFileError } from "../instance/permissions.ts";
import { Damaged } from "./damaged.ts";
import { isBackupFileName, isReceivedFileName, tableName, takenAtOf, type Header } from "./format.ts";
import { fullOriginOf, isFullBackupFileName } from "./full/format.ts";
import { openedByOf, type FullBackupContent } from "./full/read.ts";
import { readSumsAtEnd } from "./manifest.ts";
import { type KnownProof, readProofs } from "./proofs.ts";
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
      if (isFullBackupFileName(name)) entries.push({ ...(await sealedOne(file)), ...proofs(name) });
      else entries.push({ ...(await openOne(file)), ...proofs(name) });
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

type Told = Omit<Extract<BackupEntry, { state: "ok" }>, keyof KnownProof>;

/** What files said of themselves, and when they were changed last: a list is asked for often, and files stay as they are. */
const known = new Map<string, { readonly modifiedMs: number; readonly bytes: number; readonly told: Told }>();
const MOST_KNOWN = 1_000;

/** What a backup of the database says of itself at its beginning and its end. */
async function openOne(file: string): Promise<Told> {
  const { size, mtimeMs } = await stat(file);
  const before = known.get(file);
  if (before?.modifiedMs === mtimeMs && before.bytes === size) return before.told;
  const { header, bytes } = await readHeader(file, new AbortController().signal);
  const sums = await readSumsAtEnd(file);
  const holds = sums && countAreas(sums.tables.map((table) => ({ name: tableName(table), rows: table.rows })));
  const told: Told = { ...headOf(file, header, bytes), state: "ok", holds };
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(file, { modifiedMs: mtimeMs, bytes: size, told });
  return told;
}

/** What can be told of a full backup without opening it. */
async function sealedOne(file: string) {
  const { openedBy, bytes } = await openedByOf(file);
  const name = path.basename(file);
  const takenAt = takenAtOf(name);
  if (openedBy === null || takenAt === null) throw new Damaged("it is no file of the age format");
  const told = { takenAt: takenAt.toISOString(), bytes, openedBy, reason: fullOriginOf(name) };
  return { state: "sealed", kind: "full", path: file, ...told } as const;
}

/** The names of what lies in a folder; none where there is no folder. */
async function namesIn(directory: string): Promise<string[]> {
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

/** What a full backup holds beside the database, as it is told. */
export function fullContentOf({
  openedBy,
  header,
  files,
  links,
  leftOut,
}: Pick<FullBackupContent, "openedBy" | "header" | "files" | "links" | "leftOut">): FullContent {
  return {
    openedBy,
    keyId: header.key?.id ?? null,
    settings: [...header.settings],
    files: { count: files.count, bytes: files.bytes },
    links: links.count,
    leftOut: leftOut.entries,
    leftOutCount: leftOut.count,
  };
}
