import type { ImportConflict, ImportedRow, RemoteSecret } from "../../../preload/contract/providers.ts";
import type { MarkedWord } from "./vault-words.ts";

/** Rows of one import at most, as the control plane takes them. */
export const MOST_ROWS = 100;

/** A remote secret that was chosen, with the key and name that it is to have here. */
export interface ImportChoice {
  readonly remote: RemoteSecret;
  readonly key: string;
  readonly name: string;
}

const CONFLICTS: Readonly<Record<ImportConflict, string>> = {
  exact_reference: "linked already",
  name: "name taken",
  key: "key taken",
  provider_guardrail: "cannot be linked",
};

/** What keeps a remote secret from being imported, in two words. */
export function conflictWord(conflict: ImportConflict): string {
  return CONFLICTS[conflict];
}

/** Whether another key or name is all that is needed. */
export function isChoosable({ conflict }: Pick<RemoteSecret, "conflict">): boolean {
  return conflict === null || conflict === "key" || conflict === "name";
}

/** What became of a row. */
export function resultWord({ result, conflict }: Pick<ImportedRow, "result" | "conflict">): MarkedWord {
  switch (result) {
    case "imported":
      return { state: "success", word: "imported" };
    case "skipped":
      return { state: "skipped", word: conflict === null ? "skipped" : conflictWord(conflict) };
    case "error":
      return { state: "failed", word: "failed" };
  }
}

/** `2 imported, 1 skipped, 1 failed`. */
export function countsText(counts: {
  readonly imported: number;
  readonly skipped: number;
  readonly errors: number;
}): string {
  const parts = [`${counts.imported} imported`];
  if (counts.skipped > 0) parts.push(`${counts.skipped} skipped`);
  if (counts.errors > 0) parts.push(`${counts.errors} failed`);
  return parts.join(", ");
}
