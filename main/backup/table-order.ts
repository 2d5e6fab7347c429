/** One table refers to another by a foreign key. */
export interface Reference {
  readonly from: string;
  readonly to: string;
}

/**
 * Tables in the order in which rows can be loaded while foreign keys are checked: what is referred to comes first, else by
 * name. Where tables refer to each other in a circle, the first of them by name comes first.
 */
export function inForeignKeyOrder(tables: readonly string[], references: readonly Reference[]): string[] {
  const waiting = new Map(tables.toSorted(byName).map((table) => [table, new Set<string>()]));
  for (const { from, to } of references) if (from !== to && waiting.has(to)) waiting.get(from)?.add(to);
  const order: string[] = [];
  while (waiting.size > 0) {
    const free = [...waiting].find(([, needs]) => needs.size === 0) ?? circled(waiting);
    order.push(free[0]);
    waiting.delete(free[0]);
    for (const needs of waiting.values()) needs.delete(free[0]);
  }
  return order;
}

type Waiting = ReadonlyMap<string, ReadonlySet<string>>;

/** The first table by name that lies on a circle itself: others wait behind it. */
function circled(waiting: Waiting): readonly [string, ReadonlySet<string>] {
  for (const entry of waiting) if (reaches(waiting, entry[0])) return entry;
  throw new Error("every table waits and none is on a circle");
}

function reaches(waiting: Waiting, start: string): boolean {
  const seen = new Set<string>();
  const open = [...(waiting.get(start) ?? [])];
  for (let table = open.pop(); table !== undefined; table = open.pop()) {
    if (table === start) return true;
    if (seen.has(table)) continue;
    seen.add(table);
    open.push(...(waiting.get(table) ?? []));
  }
  return false;
}

function byName(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
