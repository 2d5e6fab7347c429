import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { OpenedBy } from "../../../preload/contract/backups.ts";
import { Refusal } from "../../contract/refusal.ts";
import { isKeyText } from "../../secrets/key-copy.ts";
import { readCode } from "../../secrets/recovery-code.ts";
import type { Opens } from "../age-head.ts";
import { AGE_HEAD_BYTES, isAge, readAgeHead } from "../age-header.ts";
import { openAge } from "../age.ts";
import { withFile, withTar, type ArchiveReader, type StreamedContent } from "../archive-reader.ts";
import { Damaged, NotOpened, refusalFor } from "../damaged.ts";
import { HEADER, LIMITS, SUMS } from "../format.ts";
import { parseJson } from "../parse.ts";
import type { ReadDatabase } from "../read.ts";
import { readInside } from "./database.ts";
import * as format from "./format.ts";

/** What a full backup is opened with: what it takes stands in its head, and the other one is not looked at. */
export interface Opening {
  readonly passphrase?: string | undefined;
  /** The recovery code, as people write it down. */
  readonly code?: string | undefined;
}

export interface ReadFullOptions {
  readonly file: string;
  readonly opening: Opening;
  readonly signal: AbortSignal;
  /** Bytes of the encrypted file. */
  readonly onProgress?: (read: number, size: number) => void;
}

/** Who is told of what is in a full backup while it is read. Nothing of it is proven before the end. */
export interface FullVisitor {
  /** The text of a key's file. */
  onKey?(id: string, text: Buffer): Promise<void>;
  onSettings?(name: format.FullHeader["settings"][number], content: Buffer): Promise<void>;
  /** The file that the database becomes, a backup of its own; left out, it is read and nothing kept. */
  readonly databaseInto?: string;
  /** A file, by its path below the instance folder, which cannot lead out of it. */
  onFile?(path: string, entry: StreamedContent): Promise<void>;
  /** A symbolic link, after all files. Its place lies below no other link; where it points is any text. */
  onLink?(path: string, link: { readonly target: string; readonly modifiedAt: Date }): Promise<void>;
}

/** What a whole and sound full backup holds. */
export interface FullBackupContent {
  readonly openedBy: OpenedBy;
  readonly header: format.FullHeader;
  readonly database: ReadDatabase;
  readonly files: format.FilesSum;
  readonly links: format.LinksSum;
  readonly leftOut: format.LeftOut;
  /** Of the encrypted file. */
  readonly bytes: number;
}

/** By what a file is opened, or null where it is not encrypted. Refuses with `backup_missing` and `backup_invalid`. */
export async function openedByOf(
  file: string,
): Promise<{ readonly openedBy: OpenedBy | null; readonly bytes: number }> {
  try {
    return await withFile(file, async (handle, bytes) => {
      const start = Buffer.alloc(AGE_HEAD_BYTES);
      const { bytesRead } = await handle.read(start, 0, start.length, 0);
      const head = start.subarray(0, bytesRead);
      return { openedBy: isAge(head) ? readAgeHead(head) : null, bytes };
    });
  } catch (error) {
    throw refusalFor(file, error);
  }
}

/**
 * Reads a full backup from its first byte to its last and holds everything against its sums, the backup of the database
 * inside too. Refuses as `readBackup` does, with `backup_sealed` where what opens it was not given, and with
 * `passphrase_wrong`, `recovery_code_invalid` or `recovery_code_wrong`. Holds a few pieces in memory.
 */
export async function readFullBackup(options: ReadFullOptions, visitor: FullVisitor = {}): Promise<FullBackupContent> {
  const { file, signal, onProgress } = options;
  const { openedBy } = await openedByOf(file);
  try {
    if (openedBy === null) throw new Damaged("it is no file of the age format");
    const by = openingOf(file, openedBy, options.opening);
    return await withFile(file, async (handle, bytes) => {
      const raw = handle.createReadStream({ autoClose: false, start: 0, highWaterMark: 1024 * 1024 });
      let seen = 0;
      const counted = async function* () {
        for await (const piece of raw as AsyncIterable<Buffer>) {
          seen += piece.length;
          onProgress?.(seen, bytes);
          yield piece;
        }
      };
      try {
        const plain = openAge(by, counted());
        const content = await withTar(plain, signal, (archive) => read(archive, visitor, signal));
        return { openedBy, ...content, bytes };
      } finally {
        raw.destroy();
      }
    });
  } catch (error) {
    if (error instanceof NotOpened) throw wrong(file, openedBy ?? "passphrase");
    throw refusalFor(file, error);
  }
}

function openingOf(file: string, openedBy: OpenedBy, { passphrase, code }: Opening): Opens {
  if (openedBy === "passphrase") {
    if (passphrase !== undefined) return { passphrase: passphrase.normalize("NFC") };
    throw sealed(file, "passphrase", "a passphrase", "Give the passphrase that was chosen when it was taken.");
  }
  if (code === undefined) {
    throw sealed(file, "code", "a recovery code", "Give the recovery code that was in force when it was taken.");
  }
  const identity = readCode(code);
  if (identity !== null) return { identity };
  throw new Refusal("recovery_code_invalid", `${file} was not opened: what was given is no recovery code.`, {
    next: "It starts with AGE-SECRET-KEY-1 and has 74 characters. Compare it with what was written down.",
    fields: { code: "is not a recovery code" },
  });
}

function sealed(file: string, field: string, what: string, next: string): Refusal {
  return new Refusal("backup_sealed", `${file} was not opened: it is encrypted to ${what}.`, {
    next,
    fields: { [field]: "is needed" },
  });
}

function wrong(file: string, openedBy: OpenedBy): Refusal {
  if (openedBy === "passphrase") {
    return new Refusal("passphrase_wrong", `${file} was not opened: the passphrase is another one.`, {
      next: "Give the passphrase that was chosen when it was taken; upper and lower case and blanks matter.",
      fields: { passphrase: "does not open it" },
    });
  }
  return new Refusal("recovery_code_wrong", `${file} was not opened: the recovery code is another one.`, {
    next: "Give the code that was in force when it was taken.",
    fields: { code: "does not open it" },
  });
}

async function read(archive: ArchiveReader, visitor: FullVisitor, signal: AbortSignal) {
  const header = parseHeader(await archive.take(HEADER, LIMITS.header));
  if (header.key !== null) {
    const text = await archive.take(format.keyEntry(header.key.id), format.FULL_LIMITS.settings);
    if (!isKeyText(text.toString("utf8"), header.key.id)) throw new Damaged("the key inside is not the one it names");
    await visitor.onKey?.(header.key.id, text);
  }
  for (const name of header.settings) {
    const content = await archive.take(format.settingsEntry(name), format.FULL_LIMITS.settings);
    await visitor.onSettings?.(name, content);
  }
  const inside = await readInside(archive, header, visitor.databaseInto, signal);
  const before = archive.entries().length;
  const files = await readFiles(archive, header, visitor);
  const links = await readLinks(archive, header, visitor);
  const leftOut = parseJson(format.leftOut, format.LEFT_OUT, await archive.take(format.LEFT_OUT, LIMITS.text));
  const entries = archive.entries().toSpliced(before, 0, ...inside.besides);
  const sums = parseJson(format.fullSums, SUMS, await archive.take(SUMS, LIMITS.text));
  await archive.end();
  const odd = entries.find((one, index) => !isDeepStrictEqual(one, sums.entries[index]));
  if (odd) throw new Damaged(`${odd.name} is not what was written: its sum differs`);
  if (entries.length !== sums.entries.length) throw new Damaged(`${SUMS} tells of more than there is`);
  if (!isDeepStrictEqual(files, sums.files)) throw new Damaged("its files are not what was written: their sum differs");
  if (!isDeepStrictEqual(links, sums.links ?? NO_LINKS)) {
    throw new Damaged("its symbolic links are not what was written: their sum differs");
  }
  return { header, database: inside.content, files, links, leftOut };
}

function parseHeader(data: Buffer): format.FullHeader {
  const { format: number } = parseJson(format.anyFullHeader, HEADER, data);
  if (number > format.FULL_FORMAT) {
    throw new Refusal(
      "backup_newer",
      "The backup is of a form that this version of the app does not know; it was made by a newer one.",
      { next: "Install the newest version of the app, then try again.", details: { format: number } },
    );
  }
  return parseJson(format.fullHeader, HEADER, data);
}

async function readFiles(archive: ArchiveReader, header: format.FullHeader, visitor: FullVisitor) {
  const sum = createHash("sha256");
  let [count, bytes] = [0, 0];
  let last = "";
  for (;;) {
    const name = await archive.peek();
    if (name === null || !name.startsWith("files/") || (await archive.isLink())) break;
    const path = format.filePathOf(name, header.roots);
    if (path === null) throw new Damaged(`a file inside has a name that it may not have`);
    // In order, so that none comes twice.
    if (orderOf(name, header.roots) <= last) throw new Damaged("its files are not in their order");
    last = orderOf(name, header.roots);
    const one = await archive.takeStream(name, async (entry) => visitor.onFile?.(path, entry));
    sum.update(`${one.sha256}  ${one.name}\n`);
    count += 1;
    bytes += one.bytes;
  }
  return { count, bytes, sha256: sum.digest("hex") };
}

const NO_LINKS: format.LinksSum = { count: 0, sha256: createHash("sha256").digest("hex") };

/** Links come after all files and below no other link: whoever puts them in place in this order goes through none. */
async function readLinks(archive: ArchiveReader, header: format.FullHeader, visitor: FullVisitor) {
  const sum = createHash("sha256");
  const places = new Set<string>();
  let last = "";
  while ((await archive.peek()) !== null && (await archive.isLink())) {
    const { name, target, modifiedAt } = await archive.takeLink();
    const path = format.filePathOf(name, header.roots);
    if (path === null || !format.isLinkTarget(target)) throw new Damaged("a symbolic link inside may not be as it is");
    if (orderOf(name, header.roots) <= last) throw new Damaged("its symbolic links are not in their order");
    last = orderOf(name, header.roots);
    if (isBelow(path, places)) throw new Damaged("a symbolic link inside lies behind another one");
    if (places.size >= format.FULL_LIMITS.links) throw new Damaged("it has more symbolic links than it may");
    places.add(path);
    sum.update(`${JSON.stringify([name, target])}\n`);
    await visitor.onLink?.(path, { target, modifiedAt });
  }
  return { count: places.size, sha256: sum.digest("hex") };
}

function isBelow(path: string, places: ReadonlySet<string>): boolean {
  const parts = path.split("/");
  return parts.some((_, at) => at > 0 && places.has(parts.slice(0, at).join("/")));
}

/** A text by which entries of files come in order: by root, then by path. */
function orderOf(name: string, roots: readonly string[]): string {
  return `${roots.findIndex((root) => name.startsWith(`files/${root}/`))} ${name}`;
}
