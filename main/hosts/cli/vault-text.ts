import type { RecoveryEntry, RetiredKeyEntry } from "../../../preload/contract/vault-keys.ts";
import type { VaultHealth } from "../../../preload/contract/secrets.ts";
import { bothTimes, paintState, plural, relativeTime, stateText } from "./format.ts";
import type { Output } from "./output.ts";
import { oneLine } from "./text.ts";

/** What was found, each with the next step, and an empty line after all. */
export function findingsText(findings: VaultHealth["findings"], output: Output): string {
  const lines = findings.map(({ level, message, next }) => {
    const found = `${paintState(stateText(level), level, output.colours)}: ${oneLine(message)}\n`;
    return next === null ? found : `${found}${nextText(next, output)}`;
  });
  return lines.length === 0 ? "" : `${lines.join("")}\n`;
}

export function nextText(next: string, output: Output): string {
  return `  ${output.colours.bold("next:")} ${output.hint(next)}\n`;
}

/** The retired keys, or nothing where there is none. */
export function retiredText(retired: readonly RetiredKeyEntry[], output: Output, now: Date): string {
  if (retired.length === 0) return "";
  return output.table(
    [
      { title: "RETIRED KEY", of: ({ keyId }) => keyId, whole: true },
      { title: "STILL WRAPS", of: ({ versions }) => plural(versions, "version") },
      { title: "MADE", of: ({ createdAt }) => relativeTime(createdAt, now), spare: 1 },
      { title: "RETIRED", of: ({ retiredAt }) => relativeTime(retiredAt, now) },
    ],
    retired,
  );
}

/** The fields of the recovery code in force. */
export function recoveryFields(recovery: RecoveryEntry | null, now: Date): [string, string | null][] {
  if (recovery === null) return [["recovery code", "none"]];
  return [
    ["recovery code", `made ${bothTimes(recovery.createdAt, now) ?? ""}`],
    ["tested", bothTimes(recovery.testedAt, now) ?? "never"],
    ["public half", recovery.recipient],
  ];
}
