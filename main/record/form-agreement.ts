/** How many bytes of a form the data has from this position on, up to the end of either. */
export type Agreed = (form: Buffer, position: number) => number;

/** So many bytes are compared before it is worth remembering how far a form agreed. */
const COMPARED_ANEW = 64;

/** Where in a stream a form agreed last, and how far. */
interface Window {
  readonly at: number;
  readonly until: number;
}

interface Agreements {
  /** `before`: bytes of the stream before the data. To be asked of one form with positions that do not go back. */
  of(form: Buffer, data: Buffer, before: number, position: number): number;
}

/**
 * Compares forms with a stream in time in proportion to the stream, also where a long form repeats itself and so may begin at
 * every byte: what a form agreed with before is known to it, by how it repeats itself (the Z-algorithm). `repeats` is
 * shared by all streams of a table.
 */
export function agreementsOf({ repeats }: { readonly repeats: Map<Buffer, Uint32Array> }): Agreements {
  const windows = new Map<Buffer, Window>();

  function repeatsOf(form: Buffer): Uint32Array {
    let known = repeats.get(form);
    if (known === undefined) repeats.set(form, (known = selfAgreement(form)));
    return known;
  }

  return {
    of(form, data, before, position) {
      const most = Math.min(form.length, data.length - position);
      const first = compared(form, data, position, 0, Math.min(most, COMPARED_ANEW));
      if (first < COMPARED_ANEW) return first;
      const at = before + position;
      const window = windows.get(form);
      let known = COMPARED_ANEW;
      if (window !== undefined && at >= window.at && at < window.until) {
        const left = window.until - at;
        const repeated = at === window.at ? left : (repeatsOf(form)[at - window.at] ?? 0);
        // It parts from itself before the end of what is known, so it parts from the data there too.
        if (repeated < left) return Math.min(repeated, most);
        known = Math.max(known, left);
      }
      const agreed = compared(form, data, position, Math.min(known, most), most);
      windows.set(form, { at, until: at + agreed });
      return agreed;
    },
  };
}

/** The first offset from `from` on, below `most`, at which they differ; `most` where they do not. */
function compared(form: Buffer, data: Buffer, position: number, from: number, most: number): number {
  let offset = from;
  while (offset < most && form[offset] === data[position + offset]) offset += 1;
  return offset;
}

/** For each offset of a form how many bytes from there on are those at its beginning. In time in proportion to the form. */
export function selfAgreement(form: Buffer): Uint32Array {
  const agreement = new Uint32Array(form.length);
  if (form.length > 0) agreement[0] = form.length;
  let at = 0;
  let until = 0;
  for (let offset = 1; offset < form.length; offset += 1) {
    let length = offset < until ? Math.min(until - offset, agreement[offset - at] ?? 0) : 0;
    while (offset + length < form.length && form[length] === form[offset + length]) length += 1;
    agreement[offset] = length;
    if (offset + length > until) {
      at = offset;
      until = offset + length;
    }
  }
  return agreement;
}
