import { withFile } from "./archive-reader.ts";
import { parseJson } from "./parse.ts";
import { sums, SUMS, type Sums } from "./format.ts";

/** Bytes of a tar's unit, and where in a head the name, the size and the mark of the format stand. */
const BLOCK = 512;
const NAME_BYTES = 100;
const SIZE = { from: 124, to: 135 } as const;
const MARK = { from: 257, to: 262 } as const;
/** Bytes at the end of a file that are looked at: first the few in which the sums of most backups stand, then these at most. */
const LOOKS = [64 * 1024, 8 * 1024 * 1024] as const;

/**
 * The sums of a backup of the database, read from its end alone, so that a list can say what is inside without reading it
 * whole. Nothing holds them against what they are of. Null where there are none, or the file is larger at its end than is looked at.
 */
export async function readSumsAtEnd(file: string): Promise<Sums | null> {
  return withFile(file, async (handle, size) => {
    for (const look of LOOKS) {
      const bytes = Math.min(size - (size % BLOCK), look);
      const end = Buffer.alloc(bytes);
      const { bytesRead } = await handle.read(end, 0, bytes, size - (size % BLOCK) - bytes);
      const found = sumsIn(end.subarray(0, bytesRead));
      if (found !== null || bytes < look) return found;
    }
    return null;
  });
}

/** The last entry of that name whose head stands in these whole blocks. */
function sumsIn(end: Buffer): Sums | null {
  for (let at = end.length - (end.length % BLOCK) - BLOCK; at >= 0; at -= BLOCK) {
    const head = end.subarray(at, at + BLOCK);
    const name = head.subarray(0, NAME_BYTES).toString("latin1").split("\0")[0];
    if (name !== SUMS || head.subarray(MARK.from, MARK.to).toString("latin1") !== "ustar") continue;
    const size = Number.parseInt(head.subarray(SIZE.from, SIZE.to).toString("latin1"), 8);
    try {
      return parseJson(sums, SUMS, end.subarray(at + BLOCK, at + BLOCK + size));
    } catch {
      return null;
    }
  }
  return null;
}
