import type { ImportRow } from "../../../preload/contract/inline-secrets.ts";
import { counted } from "./secret-words.ts";

/** What is to become of one key of a file. */
export type Choice = "secret" | "plain" | "keep" | "leave";

/** What was chosen by hand, by key, and whether it takes the place of what the env has there. */
export type Choices = Readonly<Record<string, { readonly choice: Choice; readonly replaces: boolean }>>;

export const NO_CHOICE: Choices = {};

/** The choices as a preview and an import take them. */
export function choicesInput(choices: Choices) {
  const keysOf = (wanted: (one: Choices[string]) => boolean) =>
    Object.entries(choices).flatMap(([key, one]) => (wanted(one) ? [key] : []));
  return {
    secret: keysOf(({ choice }) => choice === "secret"),
    plain: keysOf(({ choice }) => choice === "plain"),
    leaveOut: keysOf(({ choice }) => choice === "leave"),
    replace: keysOf(({ choice, replaces }) => replaces && (choice === "secret" || choice === "plain")),
  };
}

export interface ChoiceOption {
  readonly id: Choice;
  readonly label: string;
}

/** Whether the env has something else under the key of a row, which stays or is replaced. */
function isContested(row: ImportRow, choices: Choices): boolean {
  return row.outcome === "conflict" || choices[row.key]?.replaces === true;
}

/** What can become of a row; empty where there is nothing to choose. */
export function optionsOf(row: ImportRow, choices: Choices): readonly ChoiceOption[] {
  const chosen = choices[row.key];
  if (chosen === undefined && (row.outcome === "unchanged" || row.outcome === "refused")) return [];
  const contested = isContested(row, choices);
  return [
    ...(contested ? [{ id: "keep", label: "Keep what is there" } as const] : []),
    ...(row.sealable ? [{ id: "secret", label: contested ? "Replace by a secret" : "Secret" } as const] : []),
    ...(row.plainAllowed ? [{ id: "plain", label: contested ? "Replace, plain" : "Plain" } as const] : []),
    ...(contested ? [] : [{ id: "leave", label: "Leave out" } as const]),
  ];
}

/** What becomes of a row as it is. */
export function choiceOf(row: ImportRow, choices: Choices): Choice {
  const chosen = choices[row.key];
  if (chosen !== undefined) return chosen.choice;
  switch (row.outcome) {
    case "new_secret":
    case "existing_secret":
      return "secret";
    case "conflict":
      return "keep";
    case "left_out":
    case "refused":
      return "leave";
    default:
      return "plain";
  }
}

/** How many keys change, and into what. */
export function summaryOf(rows: readonly ImportRow[]): { readonly changed: number; readonly words: string } {
  const count = (outcome: ImportRow["outcome"]) => rows.filter((row) => row.outcome === outcome).length;
  const made = count("new_secret");
  const equal = count("existing_secret");
  const plain = count("plain");
  const parts = [
    ...(made === 0 ? [] : [counted(made, "new secret")]),
    ...(equal === 0
      ? []
      : [`${counted(equal, "reference")} to ${equal === 1 ? "a secret" : "secrets"} of the same value`]),
    ...(plain === 0 ? [] : [counted(plain, "plain value")]),
  ];
  return { changed: made + equal + plain, words: parts.join(", ") };
}
