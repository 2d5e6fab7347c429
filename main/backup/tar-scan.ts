import { Damaged } from "./damaged.ts";

/** Bytes of a tar's unit, and where in a head its size, its sum and its kind stand. */
const BLOCK = 512;
const SIZE = { from: 124, to: 136 } as const;
const SUM = { from: 148, to: 156 } as const;

/**
 * Looks at the bytes of a tar that a reader of entries leaves aside: what fills an entry up to a whole block must be zeros, and
 * the sum of each head must stand as it is written. Pieces may be cut anywhere. Throws `Damaged`.
 */
export function createTarScan(): (piece: Uint8Array) => void {
  const head = Buffer.alloc(BLOCK);
  let headBytes = 0;
  let content = 0;
  let filling = 0;
  let first = true;
  return (piece) => {
    let at = 0;
    while (at < piece.byteLength) {
      const rest = piece.byteLength - at;
      if (content > 0) {
        const skipped = Math.min(content, rest);
        content -= skipped;
        at += skipped;
      } else if (filling > 0) {
        const seen = Math.min(filling, rest);
        if (piece.subarray(at, at + seen).some((byte) => byte !== 0)) throw odd();
        filling -= seen;
        at += seen;
      } else {
        const taken = Math.min(BLOCK - headBytes, rest);
        head.set(piece.subarray(at, at + taken), headBytes);
        headBytes += taken;
        at += taken;
        if (headBytes < BLOCK) continue;
        headBytes = 0;
        // The end is made of empty heads.
        content = head.some((byte) => byte !== 0) ? sizeIn(head, first ? noTar : odd) : 0;
        first = false;
        filling = (BLOCK - (content % BLOCK)) % BLOCK;
      }
    }
  };
}

function sizeIn(head: Buffer, otherwise: () => Damaged): number {
  const sum = head.reduce((all, byte, at) => all + (at >= SUM.from && at < SUM.to ? 0x20 : byte), 0);
  const written = head.subarray(SUM.from, SUM.to).toString("latin1");
  if (written !== `${sum.toString(8).padStart(6, "0")} \0`) throw otherwise();
  // Above 8 GiB the size is told in base 256, marked by the first bit.
  const field = head.subarray(SIZE.from, SIZE.to);
  if (((field[0] ?? 0) & 0x80) !== 0) return field.subarray(4).reduce((all, byte) => all * 256 + byte, 0);
  const size = /^([0-7]{11}) $/.exec(field.toString("latin1"))?.[1];
  if (size === undefined) throw otherwise();
  return Number.parseInt(size, 8);
}

function noTar(): Damaged {
  return new Damaged("this app did not write it, or it was changed since");
}

function odd(): Damaged {
  return new Damaged("something is before, after or between its entries");
}
