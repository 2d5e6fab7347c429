/** A stretch of lines of the base that one side replaced: `from` inclusive, `to` exclusive. */
interface Hunk {
  readonly from: number;
  readonly to: number;
  readonly lines: readonly string[];
}

/** Pairs of differing lines that are compared at most; texts that differ in more merge as one stretch. */
const COST_LIMIT = 4_000_000;

/**
 * Merges two changes of a text by lines. Null where both changed the same or neighbouring lines in different ways: then
 * somebody has to decide.
 */
export function mergeLines(base: string, mine: string, theirs: string, costLimit = COST_LIMIT): string | null {
  if (mine === theirs || theirs === base) return mine;
  if (mine === base) return theirs;
  const lines = base.split("\n");
  const hunks: Hunk[] = [];
  const ours = hunksOf(lines, mine.split("\n"), costLimit);
  const others = hunksOf(lines, theirs.split("\n"), costLimit);
  while (ours.length > 0 || others.length > 0) {
    const [one, other] = [ours[0], others[0]];
    if (one && other && touch(one, other)) {
      if (!same(one, other)) return null;
      hunks.push(one);
      ours.shift();
      others.shift();
    } else if (one && (!other || one.from < other.from)) {
      hunks.push(one);
      ours.shift();
    } else if (other) {
      hunks.push(other);
      others.shift();
    }
  }
  const merged: string[] = [];
  let at = 0;
  for (const { from, to, lines: replacement } of hunks) {
    merged.push(...lines.slice(at, from), ...replacement);
    at = to;
  }
  return [...merged, ...lines.slice(at)].join("\n");
}

/** Stretches without an untouched line between them are one place: what stands next to each other may belong together. */
const touch = (one: Hunk, other: Hunk): boolean => one.from <= other.to && other.from <= one.to;

const same = (one: Hunk, other: Hunk): boolean =>
  one.from === other.from &&
  one.to === other.to &&
  one.lines.length === other.lines.length &&
  one.lines.every((line, index) => line === other.lines[index]);

/** What was replaced, in the order of the base, by a longest common subsequence of the lines. */
function hunksOf(base: readonly string[], changed: readonly string[], costLimit: number): Hunk[] {
  let head = 0;
  while (head < base.length && head < changed.length && base[head] === changed[head]) head += 1;
  let tail = 0;
  while (
    tail < base.length - head &&
    tail < changed.length - head &&
    base[base.length - 1 - tail] === changed[changed.length - 1 - tail]
  ) {
    tail += 1;
  }
  const before = base.slice(head, base.length - tail);
  const after = changed.slice(head, changed.length - tail);
  if (before.length * after.length > costLimit) return [{ from: head, to: head + before.length, lines: after }];
  return walk(before, after).map(({ from, to, lines }) => ({ from: from + head, to: to + head, lines }));
}

function walk(before: readonly string[], after: readonly string[]): Hunk[] {
  const width = after.length + 1;
  // `longest` at (x, y): how many lines of the rest from x and from y are common.
  const longest = new Uint32Array((before.length + 1) * width);
  const at = (x: number, y: number): number => longest[x * width + y] ?? 0;
  for (let x = before.length - 1; x >= 0; x -= 1) {
    for (let y = after.length - 1; y >= 0; y -= 1) {
      longest[x * width + y] = before[x] === after[y] ? at(x + 1, y + 1) + 1 : Math.max(at(x + 1, y), at(x, y + 1));
    }
  }
  const hunks: Hunk[] = [];
  let [x, y] = [0, 0];
  while (x < before.length || y < after.length) {
    const [fromX, fromY] = [x, y];
    while ((x < before.length || y < after.length) && !(x < before.length && before[x] === after[y])) {
      if (y >= after.length || (x < before.length && at(x + 1, y) >= at(x, y + 1))) x += 1;
      else y += 1;
    }
    if (x > fromX || y > fromY) hunks.push({ from: fromX, to: x, lines: after.slice(fromY, y) });
    while (x < before.length && y < after.length && before[x] === after[y]) [x, y] = [x + 1, y + 1];
  }
  return hunks;
}
