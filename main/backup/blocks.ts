/**
 * Cuts a stream into blocks of `size` bytes; the last one holds the rest. There is always one, so that an empty stream is
 * one empty block.
 */
export async function* blocksOf(source: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Buffer, void> {
  let parts: Uint8Array[] = [];
  let held = 0;
  let none = true;
  for await (const piece of source) {
    let rest = piece;
    while (held + rest.length > size) {
      const taken = rest.subarray(0, size - held);
      yield Buffer.concat([...parts, taken], size);
      none = false;
      rest = rest.subarray(taken.length);
      parts = [];
      held = 0;
    }
    if (rest.length > 0) parts.push(rest);
    held += rest.length;
  }
  if (held > 0 || none) yield Buffer.concat(parts, held);
}
