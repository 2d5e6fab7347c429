import { z } from "zod";
import { entrySum } from "../format.ts";

// What is inside a full backup, as docs/BACKUP.md tells it: a tar, encrypted as a whole, of header.json, keys/, settings/,
// database/ with the entries of a backup of the database, files/, left-out.json and sums.json, in this order.

/** Below the instance folder: what is taken along. */
export const ROOTS = ["data/storage", "logs/runs", "workspaces"] as const;
/** Files of the instance folder that hold settings. */
export const SETTINGS = [".env", "config.json"] as const;
export const LEFT_OUT = "left-out.json";

export const FULL_LIMITS = {
  /** Bytes of a file of settings or a key. */
  settings: 16 * 1024 * 1024,
  /** How much of what is left out is told one by one. */
  leftOut: 10_000,
  /** Symbolic links. */
  links: 200_000,
} as const;

/**
 * The number of the format that is written. Before the third one, the database was a backup of its own in one entry; before the
 * second one, symbolic links were left out.
 */
export const FULL_FORMAT = 3;
/** Of those whose database is in one entry. */
const NESTED_FORMATS = [1, 2] as const;

/** What every version of the header has had, and that tells whether this one can read the rest. */
export const anyFullHeader = z.looseObject({ format: z.int(), kind: z.literal("full") });

const heads = {
  kind: z.literal("full"),
  app: z.strictObject({ name: z.literal("paperclip-desktop"), version: z.string().min(1).max(100) }),
  takenAt: z.iso.datetime(),
  instance: z.strictObject({ id: z.string().min(1).max(64) }),
  /** The master key inside, which the database inside expects; null where there never was one. */
  key: z.strictObject({ id: z.string().regex(/^[0-9a-f]{16}$/) }).nullable(),
  settings: z.array(z.enum(SETTINGS)).max(SETTINGS.length),
  roots: z.array(z.enum(ROOTS)).max(ROOTS.length),
};
const flatHeader = z.strictObject({ format: z.literal(FULL_FORMAT), ...heads });
const nestedHeader = z.strictObject({
  format: z.literal(NESTED_FORMATS),
  ...heads,
  /** The name of the backup of the database inside. */
  database: z.string().regex(/^paperclip-\d{8}T\d{9}Z-[a-z-]{1,30}\.tar$/),
});

/** The first entry. */
export const fullHeader = z.discriminatedUnion("format", [flatHeader, nestedHeader]);
export type FullHeader = z.infer<typeof fullHeader>;

/** What lies where files are taken from and is not inside, with the reason. */
export const leftOut = z.strictObject({
  count: z.int().min(0),
  entries: z.array(z.strictObject({ path: z.string(), why: z.string() })).max(FULL_LIMITS.leftOut),
});
export type LeftOut = z.infer<typeof leftOut>;

/** All files together. The sum is that of lines `<sha256>  <name of the entry>`, as `sha256sum` writes them, in their order. */
export const filesSum = z.strictObject({
  count: z.int().min(0),
  bytes: z.int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
export type FilesSum = z.infer<typeof filesSum>;

/** All symbolic links together. The sum is that of lines of JSON, `[<name of the entry>, <where it points>]`, in their order. */
export const linksSum = filesSum.omit({ bytes: true });
export type LinksSum = z.infer<typeof linksSum>;

/** The last entry: the sums of each entry before it but those of files and links, and of all files and all links. */
export const fullSums = z.strictObject({
  format: z.literal([...NESTED_FORMATS, FULL_FORMAT]),
  entries: z.array(entrySum),
  files: filesSum,
  /** Left out by the first format, which has none. */
  links: linksSum.optional(),
});
export type FullSums = z.infer<typeof fullSums>;

export const keyEntry = (id: string) => `keys/${id}.key`;
export const settingsEntry = (name: string) => `settings/${name}`;
/** The folder of what is in a backup of the database. */
export const DATABASE = "database";
export const fileEntry = (path: string) => `files/${path}`;

/** The path below the instance folder of an entry of a file; null where it is none, or could lead out of the roots. */
export function filePathOf(entry: string, roots: readonly string[]): string | null {
  const path = entry.startsWith("files/") ? entry.slice("files/".length) : "";
  if (Buffer.byteLength(path) > 4_096 || !isPlainPath(path)) return null;
  return roots.some((root) => path.startsWith(`${root}/`)) ? path : null;
}

/** Whether a text can be where a link points: any text that every system takes as such. It is never followed. */
export function isLinkTarget(target: string): boolean {
  return target !== "" && Buffer.byteLength(target) <= 4_096 && !/[\0\p{Cs}\uFFFD]/u.test(target);
}

/** Whether a path names a file below where it is put, on every system, and can be told to an operator. */
export function isPlainPath(path: string): boolean {
  return path.split("/").every((part) => !["", ".", ".."].includes(part) && !/[\p{Cc}\p{Cs}\\\uFFFD]/u.test(part));
}

/** Why a full backup was taken. */
export type FullReason = "manual" | "scheduled";

/** Where a full backup comes from: it was taken here, or somewhere else. */
export type FullOrigin = FullReason | "received";

const ENDS = {
  manual: ".tar.age",
  scheduled: "-scheduled.tar.age",
  received: "-received.tar.age",
} as const satisfies Record<FullOrigin, string>;

/** The name of a full backup that is taken at an instant. It says why, because what is inside nobody sees. */
export function fullBackupFileName(takenAt: Date, origin: FullOrigin): string {
  return `paperclip-${takenAt.toISOString().replace(/[-:.]/g, "")}-full${ENDS[origin]}`;
}

/** Where a full backup comes from, by its name. */
export function fullOriginOf(name: string): FullOrigin {
  return (["scheduled", "received"] as const).find((origin) => name.endsWith(ENDS[origin])) ?? "manual";
}

/** Whether a file in the folder of backups is a full one, by its name. */
export function isFullBackupFileName(name: string): boolean {
  return /^paperclip-\d{8}T\d{9}Z-full(-scheduled|-received)?\.tar\.age$/.test(name);
}
