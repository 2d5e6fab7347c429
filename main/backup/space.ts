import { statfs } from "node:fs/promises";
import { Refusal } from "../contract/refusal.ts";

/** Bytes that are left free: a disk that is full to the last byte stops the database too. */
const RESERVE_BYTES = 32 * 1024 * 1024;
/** By how much a table on disk is larger than what a backup keeps of it, at least: pages, indexes of long values, gzip. */
const SHRINKING = 4;

/** What a backup of a database needs at most likely, from the bytes of its tables on disk. */
export function expectedSize(tableBytes: number): number {
  return Math.ceil(tableBytes / SHRINKING);
}

/** Refuses with `disk_full` where so many bytes would leave the disk of a directory too full. `what` says what does not happen. */
export async function refuseWithoutSpace(
  directory: string,
  bytes: number,
  what = "The backup was not written",
): Promise<void> {
  const { bavail, bsize, blocks } = await statfs(directory);
  const free = bavail * bsize;
  // Some file systems do not tell.
  if (blocks === 0 || free >= bytes + RESERVE_BYTES) return;
  throw new Refusal(
    "disk_full",
    `${what}: ${directory} has ${mebibytes(free)} MiB free, and ${mebibytes(bytes + RESERVE_BYTES)} MiB are needed.`,
    {
      next: "Free some space there, then try again.",
      details: { freeBytes: free, neededBytes: bytes + RESERVE_BYTES },
    },
  );
}

function mebibytes(bytes: number): number {
  return Math.ceil(bytes / 1024 / 1024);
}
