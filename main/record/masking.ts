import { type Agreed, agreementsOf } from "./form-agreement.ts";
import { secretForms } from "./secret-forms.ts";

/** What stands in the place of a masked stretch of bytes. */
const MASK = Buffer.from("***");

/**
 * Masks secret values in a stream of bytes that arrives in pieces of any size. The pieces that come out, joined, are
 * what masking the whole stream at once would give. Only bytes that may still turn out to be part of a secret are
 * withheld until more is known.
 */
export interface Masker {
  push(chunk: Buffer): Buffer;
  /** What was withheld: the stream is over, so it was no secret. */
  end(): Buffer;
  /** Stretches masked so far. */
  hits(): number;
  /** How often each value was found so far, in the order in which the table was given them. */
  hitsByValue(): readonly number[];
}

/** The secrets of one run in all their forms, ready to be looked for. Many streams may share it. */
export interface MaskTable {
  /**
   * Only every `stride`-th position of a stream is looked at: 4, or less when a form is too short to hold four
   * bytes at such a position wherever it starts.
   */
  readonly stride: number;
  /** The four bytes at each of the first `stride` offsets of each form: rules out most positions. */
  readonly anywhere: GramFilter;
  /** The four bytes that each form starts with. */
  readonly starts: GramFilter;
  /** The forms by their first four bytes. */
  readonly roots: ReadonlyMap<number, Node>;
  /** The first one, two and three bytes of each form, as `prefixKey` writes them. */
  readonly shortPrefixes: ReadonlySet<number>;
  /** Whose form it is: the places of its values in the list that the table was made of. */
  readonly owners: ReadonlyMap<Buffer, readonly number[]>;
  readonly valueCount: number;
  /** How forms repeat themselves, as far as that was asked. */
  readonly repeats: Map<Buffer, Uint32Array>;
}

/** One bit per hash of a gram: says of most grams that they are not among those it was made of. */
interface GramFilter {
  readonly bits: Uint8Array;
  /** How far a 32-bit hash is shifted right to give the number of a bit. */
  readonly shift: number;
}

/** Forms that share the bytes before `depth`. Where many do, they are told apart by their next four bytes. */
interface Node {
  readonly depth: number;
  /** All forms of this node and below it. */
  readonly all: readonly Buffer[];
  /** The forms that are compared one by one. */
  readonly here: readonly Buffer[];
  readonly below: ReadonlyMap<number, Node> | null;
}

const MOST_COMPARED_AT_ONCE = 4;

/** Spreads the bits of a gram (Knuth's multiplicative hashing). */
const HASH_FACTOR = 0x9e3779b1;

/** Bytes that are compared at once, as one number. */
const GRAM = 4;

const NOTHING = Buffer.alloc(0);

/** Makes the table for these values. Values shorter than four bytes are not masked. */
export function maskTable(values: readonly string[]): MaskTable {
  const unique = new Map<string, { readonly form: Buffer; readonly owners: number[] }>();
  for (const [place, value] of values.entries()) {
    for (const form of secretForms(value)) {
      const text = form.toString("latin1");
      const known = unique.get(text);
      if (known) known.owners.push(place);
      else unique.set(text, { form, owners: [place] });
    }
  }
  const forms = [...unique.values()].map(({ form }) => form);
  const owners = new Map([...unique.values()].map((each) => [each.form, each.owners]));
  const stride = forms.reduce((least, form) => Math.min(least, form.length - GRAM + 1), GRAM);
  const grams = new Set<number>();
  for (const form of forms) for (let offset = 0; offset < stride; offset += 1) grams.add(gramAt(form, offset));
  const roots = byGram(forms, 0);
  const shortPrefixes = new Set<number>();
  for (const form of forms) for (const length of [1, 2, 3]) shortPrefixes.add(prefixKey(form, 0, length));
  return {
    stride,
    anywhere: gramFilter(grams),
    starts: gramFilter(new Set(roots.keys())),
    roots,
    shortPrefixes,
    owners,
    valueCount: values.length,
    repeats: new Map(),
  };
}

/** 64 bits per gram keep the false alarms near 1 %, in at most 512 KiB, which caches hold. */
function gramFilter(grams: ReadonlySet<number>): GramFilter {
  const size = Math.min(22, Math.max(13, Math.ceil(Math.log2(64 * (grams.size + 1)))));
  const shift = 32 - size;
  const bits = new Uint8Array(1 << (size - 3));
  for (const gram of grams) {
    const bit = Math.imul(gram, HASH_FACTOR) >>> shift;
    bits[bit >>> 3] = (bits[bit >>> 3] ?? 0) | (1 << (bit & 7));
  }
  return { bits, shift };
}

function mayHold({ bits, shift }: GramFilter, gram: number): boolean {
  const bit = Math.imul(gram, HASH_FACTOR) >>> shift;
  return ((bits[bit >>> 3] ?? 0) & (1 << (bit & 7))) !== 0;
}

function byGram(forms: readonly Buffer[], depth: number): Map<number, Node> {
  const groups = new Map<number, Buffer[]>();
  for (const form of forms) {
    const gram = gramAt(form, depth);
    const group = groups.get(gram);
    if (group) group.push(form);
    else groups.set(gram, [form]);
  }
  return new Map([...groups].map(([gram, group]) => [gram, node(group, depth + GRAM)]));
}

/** `shared`: so many bytes at the beginning are the same in all. */
function node(all: readonly Buffer[], shared: number): Node {
  if (all.length <= MOST_COMPARED_AT_ONCE) return { depth: shared, all, here: all, below: null };
  // All they have in common is one step, so that there are never more steps than forms, however long these are.
  const depth = sharedUntil(all, shared);
  const longer = all.filter((form) => form.length >= depth + GRAM);
  return { depth, all, here: all.filter((form) => form.length < depth + GRAM), below: byGram(longer, depth) };
}

function sharedUntil(forms: readonly Buffer[], from: number): number {
  const [first, ...others] = forms;
  let until = first?.length ?? from;
  for (const other of others) {
    let at = from;
    while (at < until && at < other.length && other[at] === first?.[at]) at += 1;
    until = at;
  }
  return until;
}

/** A masker over a table that other streams may use as well. */
export function maskStream(table: MaskTable): Masker {
  const withheld = tail();
  const agreements = agreementsOf(table);
  /** The bytes at the start of `withheld` that belong to a stretch whose mask has been given out. */
  let covered = 0;
  let hits = 0;
  const byValue = Array.from({ length: table.valueCount }, () => ({ hits: 0, foundUntil: 0 }));
  /** Bytes of the stream before `withheld`. */
  let before = 0;

  function count(form: Buffer, start: number): void {
    for (const place of table.owners.get(form) ?? []) {
      const value = byValue[place];
      // The lines of a value that was found as a whole are forms of it too.
      if (!value || start < value.foundUntil) continue;
      value.hits += 1;
      value.foundUntil = start + form.length;
    }
  }

  function take(data: Buffer, over: boolean): Buffer {
    const parts: Buffer[] = [];
    let given = Math.min(covered, data.length);
    let maskedUntil = covered;
    const agreed: Agreed = (form, position) => agreements.of(form, data, before, position);
    const undecided = scan(table, data, over, agreed, (start, form) => {
      const end = start + form.length;
      count(form, before + start);
      if (start >= maskedUntil) {
        if (start > given) parts.push(data.subarray(given, start));
        parts.push(MASK);
        hits += 1;
      }
      if (end > maskedUntil) maskedUntil = end;
      given = Math.min(maskedUntil, data.length);
    });
    if (undecided > given) parts.push(data.subarray(given, undecided));
    covered = Math.max(0, maskedUntil - undecided);
    before += undecided;
    withheld.keep(data, undecided);
    return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
  }

  return {
    push: (chunk) => take(withheld.joined(chunk), false),
    end: () => take(withheld.joined(NOTHING), true),
    hits: () => hits,
    hitsByValue: () => byValue.map((value) => value.hits),
  };
}

/** Bytes at the end of a stream that are not decided yet. */
interface Tail {
  /** What is kept, with more behind it. What was handed out before stays as it is. */
  joined(chunk: Buffer): Buffer;
  /** Keeps what `joined` gave from this offset on. */
  keep(data: Buffer, from: number): void;
}

/** Copies each byte a bounded number of times, however small the chunks behind a long beginning are. */
function tail(): Tail {
  let kept: Buffer = NOTHING;
  /** Where `kept` stands, up to `end`, with room behind it; null where it has a buffer of its own. */
  let room: Buffer | null = null;
  let end = 0;
  return {
    joined(chunk) {
      if (kept.length === 0) return chunk;
      const length = kept.length + chunk.length;
      if (room === null || end + chunk.length > room.length) {
        room = Buffer.allocUnsafeSlow(kept.length > chunk.length ? 2 * length : length);
        kept.copy(room);
        end = kept.length;
      }
      chunk.copy(room, end);
      end += chunk.length;
      return room.subarray(end - length, end);
    },
    keep(data, from) {
      const rest = data.subarray(from);
      // A few bytes do not keep a large buffer alive.
      if (room === null || rest.length * 4 < room.length) {
        room = null;
        kept = Buffer.from(rest);
      } else {
        kept = rest;
      }
    },
  };
}

/**
 * Reports each form found, by start, and answers where the undecided bytes begin: from there on the data may be the
 * beginning of a form. Reports nothing that starts after it.
 */
function scan(
  table: MaskTable,
  data: Buffer,
  over: boolean,
  agreed: Agreed,
  found: (start: number, form: Buffer) => void,
): number {
  const { stride, anywhere, starts, roots } = table;
  if (roots.size === 0) return data.length;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const last = data.length - GRAM;
  /** Looks for a form at each start in the range. Answers the first one that is undecided, or -1. */
  const examine = (from: number, to: number): number => {
    for (let start = from; start <= to; start += 1) {
      const gram = view.getInt32(start, true);
      const root = mayHold(starts, gram) ? roots.get(gram) : undefined;
      if (root === undefined) continue;
      if (!over && mayBeginForm(root, data, start, agreed)) return start;
      const form = longestMatch(root, data, start, agreed);
      if (form) found(start, form);
    }
    return -1;
  };
  for (let position = 0; position <= last; position += stride) {
    if (!mayHold(anywhere, view.getInt32(position, true))) continue;
    // A form that holds these four bytes within its first offsets starts here or less than one stride before.
    const undecided = examine(Math.max(0, position - stride + 1), position);
    if (undecided >= 0) return undecided;
  }
  const undecided = examine(last < 0 ? 0 : last - (last % stride) + 1, last);
  if (undecided >= 0) return undecided;
  if (over) return data.length;
  for (let start = Math.max(0, last + 1); start < data.length; start += 1) {
    if (table.shortPrefixes.has(prefixKey(data, start, data.length - start))) return start;
  }
  return data.length;
}

/** The longest form that starts at `position`, or null. */
function longestMatch(root: Node, data: Buffer, position: number, agreed: Agreed): Buffer | null {
  let longest: Buffer | null = null;
  for (let current: Node | undefined = root; current !== undefined;) {
    for (const form of current.here) {
      if (longest !== null && form.length <= longest.length) continue;
      if (position + form.length <= data.length && agreed(form, position) === form.length) longest = form;
    }
    const { below, depth }: Node = current;
    if (below === null || position + depth + GRAM > data.length) break;
    current = below.get(gramAt(data, position + depth));
  }
  return longest;
}

/** Whether the data ends, at or after `position`, before some form that starts there does. */
function mayBeginForm(root: Node, data: Buffer, position: number, agreed: Agreed): boolean {
  const left = data.length - position;
  for (let current: Node | undefined = root; current !== undefined;) {
    const { below, depth, here, all }: Node = current;
    const candidates = below === null || left < depth + GRAM ? all : here;
    if (candidates.some((form) => form.length > left && agreed(form, position) === left)) return true;
    if (below === null || left < depth + GRAM) return false;
    current = below.get(gramAt(data, position + depth));
  }
  return false;
}

/** Four bytes as one number, the first one lowest. */
function gramAt(bytes: Buffer, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
}

function prefixKey(bytes: Buffer, at: number, length: number): number {
  let key = length;
  for (let offset = 0; offset < length; offset += 1) key = key * 256 + (bytes[at + offset] ?? 0);
  return key;
}
