/** Lines whose surplus is summed together. */
const GROUP = 512;

/**
 * How high the lines of a log are where long ones wrap. All have the height of one row until they were seen and measured;
 * what is remembered grows with the wrapped lines that were seen, not with the log. In CSS pixels.
 */
export interface LineHeights {
  /** Says how high a line is. Answers whether that was news. */
  measure(line: number, height: number): boolean;
  /** Where a line begins. */
  topOf(line: number): number;
  /** The line at a place, and how far into it; `lines` is how many there are. */
  lineAt(top: number, lines: number): { readonly line: number; readonly into: number };
}

export function createLineHeights(row: number): LineHeights {
  /** By group, by line: pixels beyond one row. */
  const groups = new Map<number, Map<number, number>>();
  const sums = new Map<number, number>();
  const heightOf = (line: number) => row + (groups.get(Math.floor(line / GROUP))?.get(line) ?? 0);

  const topOf = (line: number) => {
    const last = Math.floor(line / GROUP);
    let top = line * row;
    for (const [group, sum] of sums) if (group < last) top += sum;
    for (const [at, surplus] of groups.get(last) ?? []) if (at < line) top += surplus;
    return top;
  };

  return {
    measure: (line, height) => {
      const surplus = Math.max(0, height - row);
      const group = Math.floor(line / GROUP);
      const known = groups.get(group)?.get(line) ?? 0;
      if (surplus === known) return false;
      const of = groups.get(group) ?? new Map<number, number>();
      if (surplus === 0) of.delete(line);
      else of.set(line, surplus);
      groups.set(group, of);
      sums.set(group, (sums.get(group) ?? 0) + surplus - known);
      return true;
    },
    topOf,
    lineAt: (top, lines) => {
      let low = 0;
      let high = Math.max(0, lines - 1);
      // No line begins lower than without a surplus.
      high = Math.min(high, Math.max(0, Math.floor(top / row)));
      while (low < high) {
        const middle = Math.ceil((low + high) / 2);
        if (topOf(middle) <= top) low = middle;
        else high = middle - 1;
      }
      return { line: low, into: Math.max(0, Math.min(top - topOf(low), heightOf(low))) };
    },
  };
}
