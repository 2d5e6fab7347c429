import fc from "fast-check";
import { expect, test } from "vitest";
import { blocksOf } from "../../../main/backup/blocks.ts";

async function collect(pieces: readonly Uint8Array[], size: number): Promise<Buffer[]> {
  const source = async function* () {
    yield* pieces;
  };
  const blocks: Buffer[] = [];
  for await (const block of blocksOf(source(), size)) blocks.push(block);
  return blocks;
}

test("blocks hold what came, each full but the last one, which is not empty unless it is the only one", async () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(pieces, fc.integer({ min: 1, max: 30 }), async (given, size) => {
      const blocks = await collect(given, size);
      expect(Buffer.concat(blocks)).toEqual(Buffer.concat(given));
      expect(blocks.slice(0, -1).every((block) => block.length === size)).toBe(true);
      const last = blocks.at(-1)?.length ?? -1;
      expect(last).toBeLessThanOrEqual(size);
      expect(last > 0 || blocks.length === 1).toBe(true);
    }),
  );
});
