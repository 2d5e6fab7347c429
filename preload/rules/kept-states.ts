const BEFORE = "the state before ";
/** How earlier versions named what an undo of an undo put back, whatever that was. */
const UNKNOWN = `${BEFORE}an undo`;

/** What took the place of a kept state. */
interface Replaced {
  readonly before: "restore" | "undo";
  readonly source: string;
}

/**
 * What comes back with a kept state: what a backup had brought, what was in use before it came, or null where that was not noted.
 * What an undo put in place is named by `nameOf` this.
 */
export type ComingBack = { readonly kind: "restored" | "before"; readonly source: string } | null;

export function comingBack({ before, source }: Replaced): ComingBack {
  if (source === UNKNOWN) return null;
  if (before === "undo" && source.startsWith(BEFORE)) return { kind: "restored", source: source.slice(BEFORE.length) };
  return { kind: "before", source };
}

/** As a noun, such as `the state before FILE`. */
export function nameOf(coming: ComingBack): string {
  if (coming === null) return UNKNOWN;
  return coming.kind === "before" ? `${BEFORE}${coming.source}` : coming.source;
}

/** What took the place of a kept state, as a clause. */
export function replacedBy(replaced: Replaced): string {
  if (replaced.before === "restore") return `${replaced.source} was restored`;
  const coming = comingBack(replaced);
  if (coming === null) return "an undo was undone";
  return coming.kind === "restored" ? `the restore of ${coming.source} was undone` : `${coming.source} was put back`;
}
