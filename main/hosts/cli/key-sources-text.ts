import type { KeySourceEntry } from "../../../preload/contract/secrets.ts";
import type { Output } from "./output.ts";
import { oneLine } from "./text.ts";

const TITLES = {
  environment: "environment",
  file: "file",
  keychain: "keychain",
  recovery: "recovery code",
} as const satisfies Record<KeySourceEntry["source"], string>;

const STATES = {
  in_use: "in use",
  spare: "there too",
  other: "another key",
  absent: "none",
  unusable: "unusable",
  made: "made, never tested",
  tested: "tested",
} as const satisfies Record<KeySourceEntry["state"], string>;

/** Where the master key can come from: what is there now, and what each place is worth on this system. */
export function keySourcesText(sources: readonly KeySourceEntry[], output: Output): string {
  const { bold } = output.colours;
  return sources
    .map(({ source, state, message, worth, next }) => {
      const advice = next === null ? "" : `  ${bold("next:")} ${output.hint(next)}\n`;
      return `${bold(TITLES[source])}: ${STATES[state]}\n  ${oneLine(message)}\n  ${oneLine(worth)}\n${advice}`;
    })
    .join("");
}
