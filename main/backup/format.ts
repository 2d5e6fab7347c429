import { z } from "zod";

// The format of a backup, as docs/BACKUP.md tells it: a tar of header.json, schema/, tables/ and sums.json, in this order.

/** The number of the format that is written. A reader refuses a higher one. The first one has no `schema/form.json`. */
export const FORMAT = 2;
const knownFormat = z.literal([1, FORMAT]);

/** Raw bytes of a table in one entry: large enough to compress well, small enough to be held a few times. */
export const CHUNK_BYTES = 4 * 1024 * 1024;

/** What a reader takes, so that nothing in a file makes it use more memory or time than the file's own size. */
export const LIMITS = {
  /** Bytes of an entry that is read as JSON or SQL. */
  text: 64 * 1024 * 1024,
  header: 8 * 1024 * 1024,
  chunk: 16 * 1024 * 1024,
  tables: 9_999,
  chunks: 999_999,
} as const;

export const HEADER = "header.json";
export const MIGRATIONS = "schema/migrations.json";
export const SEQUENCES = "schema/sequences.json";
export const FORM = "schema/form.json";
export const SUMS = "sums.json";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "is no SHA-256");
const identifier = z.string().min(1).max(63);
const count = z.int().min(0);

/** A table with the columns that its rows hold, in their order. */
export const tableHead = z.strictObject({
  schema: identifier,
  name: identifier,
  columns: z.array(identifier).max(1_600),
});
export type TableHead = z.infer<typeof tableHead>;

const migrationHead = z.strictObject({ number: z.int().min(1), name: z.string().min(1).max(200), sha256 });

/** The first entry: what is in the file, for whoever reads it as a stream. Holds ids of keys, never a key. */
export const header = z.strictObject({
  format: knownFormat,
  /** What is in it. A full backup, which holds keys and files too, has a header of its own. */
  kind: z.literal("database"),
  /** How the entries of tables are compressed. */
  codec: z.literal("gzip"),
  /** Raw bytes of each entry of a table but its last one. */
  chunkBytes: z.int().min(1_024).max(LIMITS.chunk),
  reason: z.enum(["manual", "scheduled", "pre-migration"]),
  app: z.strictObject({ name: z.literal("paperclip-desktop"), version: z.string().min(1).max(100) }),
  takenAt: z.iso.datetime(),
  server: z.strictObject({ version: z.string().min(1).max(100) }),
  instance: z.strictObject({
    id: z.string().min(1).max(64),
    companies: z.array(z.strictObject({ name: z.string().max(1_000), issuePrefix: z.string().max(100) })),
  }),
  keys: z.strictObject({
    /** The id of the master key that the vault expects; null where it never had one. */
    master: z.string().max(200).nullable(),
    /** The ids of all master keys without which some of the material stays closed. */
    needed: z.array(z.string().max(200)),
  }),
  schema: z.strictObject({ migrations: z.array(migrationHead).min(1) }),
  tables: z.array(tableHead).max(LIMITS.tables),
});
export type Header = z.infer<typeof header>;
export type BackupReason = Header["reason"];

/** `schema/migrations.json`: the journal of migrations. */
export const migrations = z.array(migrationHead.extend({ appliedAt: z.iso.datetime() }));
export type Migrations = z.infer<typeof migrations>;

/** `schema/sequences.json`: where each sequence stands. Values are texts, because they may need 64 bits. */
export const sequences = z.array(
  z.strictObject({
    schema: identifier,
    name: identifier,
    lastValue: z.string().regex(/^-?\d{1,19}$/),
    isCalled: z.boolean(),
  }),
);
export type Sequences = z.infer<typeof sequences>;

/** A part of a schema, with the SHA-256 of how the server writes it down. */
const schemaPart = z.strictObject({
  kind: z.enum(["columns", "constraint", "index", "trigger", "function", "view"]),
  /** Null for a function or a view. */
  table: z.string().max(200).nullable(),
  name: z.string().max(10_000),
  sha256,
});
export type SchemaPart = z.infer<typeof schemaPart>;

/** `schema/form.json`: what the schema was made of, whatever its migrations make. */
export const form = z.array(schemaPart);

/** What a table's rows came to: the sum is over its raw bytes, all entries together. */
export const tableSum = z.strictObject({
  ...tableHead.omit({ columns: true }).shape,
  rows: count,
  bytes: count,
  sha256,
});
export type TableSum = z.infer<typeof tableSum>;

export const entrySum = z.strictObject({ name: z.string(), bytes: count, sha256 });
export type EntrySum = z.infer<typeof entrySum>;

/** The sums of the entries in a folder of an archive, with the names that they have there. */
export function entriesIn(folder: string, entries: readonly EntrySum[]): EntrySum[] {
  const inside = entries.filter(({ name }) => name.startsWith(`${folder}/`));
  return inside.map(({ name, bytes, sha256 }) => ({ name: name.slice(folder.length + 1), bytes, sha256 }));
}

/** The last entry: the sums of every table, and of every entry before it. */
export const sums = z.strictObject({
  format: knownFormat,
  tables: z.array(tableSum),
  entries: z.array(entrySum),
});
export type Sums = z.infer<typeof sums>;

/** The entry with the SQL of a migration. */
export function migrationEntry({ number, name }: { number: number; name: string }): string {
  return `schema/${String(number).padStart(4, "0")}_${name.replace(/[^a-z0-9_]/g, "_")}.sql`;
}

/**
 * The entry of a chunk. `index` counts tables from 0, `chunk` counts from 1. The table's name is in it for people, without
 * what a file system might take amiss.
 */
export function chunkEntry(table: Pick<TableHead, "schema" | "name">, index: number, chunk: number): string {
  const name = tableName(table)
    .toLowerCase()
    .replace(/[^a-z0-9_.]/g, "_")
    .slice(0, 40);
  return `tables/${String(index + 1).padStart(4, "0")}-${name}/${String(chunk).padStart(6, "0")}.copy.gz`;
}

/** A table as people and scripts know it: ours are in the schema public, which is not named. */
export function tableName({ schema, name }: Pick<TableHead, "schema" | "name">): string {
  return schema === "public" ? name : `${schema}.${name}`;
}

/** The longest that `bytes` become under gzip: stored blocks with their heads, and the frame. */
export function longestCompressed(bytes: number): number {
  return bytes + Math.ceil(bytes / 1_000) + 1_024;
}

/** The name of a backup that is taken at an instant: names sort by time. */
export function backupFileName(takenAt: Date, reason: BackupReason): string {
  return `paperclip-${takenAt.toISOString().replace(/[-:.]/g, "")}-${reason}.tar`;
}

const RECEIVED = "-received.tar";

/** The name of a backup of the database that came from elsewhere. */
export function receivedFileName(takenAt: Date, reason: BackupReason): string {
  return backupFileName(takenAt, reason).replace(/\.tar$/, RECEIVED);
}

/** Whether a backup came from elsewhere: then it is nothing that retention or the next one by interval goes by. */
export function isReceivedFileName(name: string): boolean {
  return isBackupFileName(name) && name.endsWith(RECEIVED);
}

/** Whether a file in the folder of backups is one, by its name. */
export function isBackupFileName(name: string): boolean {
  return /^paperclip-\d{8}T\d{9}Z-[a-z-]{1,30}\.tar$/.test(name);
}

/** The instant in the name of a backup of either kind, or null where the name is none. */
export function takenAtOf(name: string): Date | null {
  const parts = /^paperclip-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z-/.exec(name)?.slice(1);
  if (!parts) return null;
  const [year, month, day, hour, minute, second, milliseconds] = parts;
  const at = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}.${milliseconds}Z`);
  return Number.isNaN(at.getTime()) ? null : at;
}

/** What follows the name of a backup that is not complete. */
export const PARTIAL = ".partial";
