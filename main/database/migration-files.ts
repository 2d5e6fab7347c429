import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";

/** One migration as it stands in `migrations/`: `0001_foundation.sql` is number 1, name `foundation`. */
export interface MigrationFile {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of the file's bytes, in hex. */
  readonly sha256: string;
}

interface JournalEntry {
  readonly number: number;
  readonly name: string;
  readonly sha256: string;
}

/**
 * Reads `migrations/` in order and holds it against its journal, so that a file that was edited after its release never
 * reaches a database. Throws where files and journal disagree: that is a broken installation, not an operator's mistake.
 */
export async function readMigrations(directory: string): Promise<MigrationFile[]> {
  const journal = JSON.parse(await readFile(path.join(directory, "journal.json"), "utf8")) as JournalEntry[];
  const names = (await readdir(directory)).filter((file) => file.endsWith(".sql")).toSorted();
  const files = await Promise.all(names.map((file) => readMigration(directory, file)));
  const listed = journal.map((entry) => `${entry.number} ${entry.name} ${entry.sha256}`);
  const found = files.map((file) => `${file.number} ${file.name} ${file.sha256}`);
  const odd = [...found.filter((line) => !listed.includes(line)), ...listed.filter((line) => !found.includes(line))];
  if (odd.length > 0) throw new Error(`migrations/journal.json does not match its files: ${odd.join("; ")}`);
  files.forEach((file, index) => {
    if (file.number !== index + 1) throw new Error(`migrations/ has a gap before ${file.number}_${file.name}.sql`);
  });
  return files;
}

async function readMigration(directory: string, file: string): Promise<MigrationFile> {
  const match = /^(\d{4})_([a-z0-9_]+)\.sql$/.exec(file);
  if (!match?.[1] || !match[2]) throw new Error(`migrations/${file} is not named like 0001_name.sql`);
  const bytes = await readFile(path.join(directory, file));
  return {
    number: Number(match[1]),
    name: match[2],
    sql: bytes.toString("utf8"),
    sha256: createHash("sha256").update(bytes).digest("hex"),
  };
}
