export interface LineChange {
  readonly op: "same" | "added" | "removed";
  readonly text: string;
}

/**
 * Steps that the search for the shortest diff may take. It bounds the time to some milliseconds and the memory to some
 * 4 MB; texts that differ in more than about 1,400 lines are shown as replaced.
 */
const COST_LIMIT = 1_000_000;

/**
 * The lines of two texts side by side: those that are the same or removed make up `from`, those that are the same or
 * added make up `to`. It is the shortest such list (Myers' greedy algorithm) unless the search passes `costLimit` steps;
 * then everything between the first and the last difference is shown as replaced.
 */
export function lineDiff(from: string, to: string, costLimit = COST_LIMIT): LineChange[] {
  const before = linesOf(from);
  const after = linesOf(to);
  const head = commonLength(before, after);
  const tail = commonLength(before.slice(head).toReversed(), after.slice(head).toReversed());
  const removed = before.slice(head, before.length - tail);
  const added = after.slice(head, after.length - tail);
  return [
    ...marked("same", before.slice(0, head)),
    ...(shortest(removed, added, costLimit) ?? [...marked("removed", removed), ...marked("added", added)]),
    ...marked("same", before.slice(before.length - tail)),
  ];
}

/** The empty text has no lines; any other has one more than it has line ends. */
const linesOf = (text: string): string[] => (text === "" ? [] : text.split("\n"));

const marked = (op: LineChange["op"], lines: readonly string[]): LineChange[] => lines.map((text) => ({ op, text }));

function commonLength(one: readonly string[], other: readonly string[]): number {
  const most = Math.min(one.length, other.length);
  let length = 0;
  while (length < most && one[length] === other[length]) length += 1;
  return length;
}

/**
 * Walks the edit graph: after `edits` edits, `reach[diagonal]` is how far into `from` the best path on that diagonal
 * (line of `from` minus line of `to`) got. The reach of each round is kept to walk back from the end. Null when the
 * search would pass the limit.
 */
function shortest(from: readonly string[], to: readonly string[], costLimit: number): LineChange[] | null {
  const rounds: Reach[] = [];
  let previous: Reach = reachOf(0);
  let cost = 0;
  for (let edits = 0; edits <= from.length + to.length; edits += 1) {
    const reach = reachOf(edits);
    rounds.push(reach);
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      const start = edits === 0 ? 0 : step(previous, diagonal, edits).x;
      let x = start;
      while (x < from.length && x - diagonal < to.length && from[x] === to[x - diagonal]) x += 1;
      write(reach, diagonal, x);
      if (x >= from.length && x - diagonal >= to.length) return walkBack(from, to, rounds);
      cost += 1 + x - start;
      if (cost > costLimit) return null;
    }
    previous = reach;
  }
  return [];
}

/** One round of the search: its diagonals are -edits … edits in steps of two. */
interface Reach {
  readonly edits: number;
  readonly x: Int32Array;
}

const reachOf = (edits: number): Reach => ({ edits, x: new Int32Array(edits + 1) });
const read = (reach: Reach, diagonal: number): number => reach.x[(diagonal + reach.edits) / 2] ?? -1;

function write(reach: Reach, diagonal: number, x: number): void {
  reach.x[(diagonal + reach.edits) / 2] = x;
}

/** Where a path on this diagonal starts after one more edit: by adding a line, or by removing one. */
function step(previous: Reach, diagonal: number, edits: number): { x: number; diagonal: number } {
  const adding =
    diagonal === -edits || (diagonal !== edits && read(previous, diagonal - 1) < read(previous, diagonal + 1));
  return adding
    ? { x: read(previous, diagonal + 1), diagonal: diagonal + 1 }
    : { x: read(previous, diagonal - 1) + 1, diagonal: diagonal - 1 };
}

function walkBack(from: readonly string[], to: readonly string[], rounds: readonly Reach[]): LineChange[] {
  const backwards: LineChange[] = [];
  let x = from.length;
  let y = to.length;
  for (let edits = rounds.length - 1; edits >= 0; edits -= 1) {
    const previous = rounds[edits - 1];
    const came = previous ? step(previous, x - y, edits) : null;
    const start = came?.x ?? 0;
    while (x > start) {
      x -= 1;
      y -= 1;
      backwards.push({ op: "same", text: from[x] ?? "" });
    }
    if (!came) break;
    if (came.diagonal > x - y) {
      y -= 1;
      backwards.push({ op: "added", text: to[y] ?? "" });
    } else {
      x -= 1;
      backwards.push({ op: "removed", text: from[x] ?? "" });
    }
  }
  return backwards.toReversed();
}
