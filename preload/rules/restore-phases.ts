/** What a restore does in each of its phases, in words for people. */
const RESTORE = {
  verifying: "Reading the backup against its sums",
  stopping: "Ending what runs; nothing can be changed from now on",
  loading: "Loading it into a database of its own, and comparing every table",
  swapping: "Putting it in place",
  starting: "Starting",
} as const;

/** An undo reads and loads nothing: what it puts back lies there whole. */
const UNDO = {
  ...RESTORE,
  verifying: "Looking at what is kept",
  loading: "Starting what was kept beside what is in use",
} as const satisfies Record<keyof typeof RESTORE, string>;

/** What goes on in a phase, such as `Putting it in place`. */
export function phaseText({
  kind,
  phase,
}: {
  readonly kind: "preview" | "restore" | "undo";
  readonly phase: keyof typeof RESTORE;
}): string {
  return (kind === "undo" ? UNDO : RESTORE)[phase];
}
