import { isBlank } from "./env-rows.ts";
import type { EnvDraft, EnvRow } from "./env-rows.ts";

/** What every run is told by the app itself; the control plane refuses these keys, whatever stands here. */
const RESERVED = new Set(
  ["API_URL", "API_KEY", "COMPANY_ID", "AGENT_ID", "PROJECT_ID", "ROUTINE_ID", "RUN_ID", "ISSUE_ID", "TRIGGER"]
    .concat("PAYLOAD_FILE")
    .map((name) => `PAPERCLIP_${name}`),
);

/** The longest plain value, in bytes of UTF-8. */
const LONGEST_VALUE = 64 * 1024;
const MOST_KEYS = 500;

/** Of a line that waits for its secret; no mistake yet while it is written. */
export const CHOOSE_SECRET = "Choose a secret.";

/** What two keys are held against each other by: on Windows they are one whatever their case. */
export function keyIdentity(key: string, platform: string): string {
  return platform === "win32" ? key.toUpperCase() : key;
}

/** Why a key cannot stand in an env, or null. */
export function keyProblem(key: string, platform: string): string | null {
  if (key === "") return "Give it a key, or remove the line.";
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(key) || key === "__proto__") {
    return "Use letters, digits and _, with no digit first.";
  }
  if (RESERVED.has(keyIdentity(key, platform))) {
    return `${key} is set by the app itself in every run. Other names that start with PAPERCLIP_ are free.`;
  }
  return null;
}

/** Why lines cannot be saved as they are, by line id; the control plane judges again when they are saved. */
export function envProblems(rows: EnvDraft, platform = "linux"): ReadonlyMap<string, string> {
  const problems = new Map<string, string>();
  const seen = new Map<string, string>();
  const written = rows.filter((row) => !isBlank(row));
  written.forEach((row, index) => {
    const key = row.key.trim();
    const twin = seen.get(keyIdentity(key, platform));
    const problem =
      keyProblem(key, platform) ??
      (twin === undefined ? null : twinProblem(twin, key)) ??
      (row.kind === "plain" ? valueProblem(row.value) : secretProblem(row)) ??
      (index < MOST_KEYS ? null : `An env has at most ${MOST_KEYS} keys.`);
    seen.set(keyIdentity(key, platform), key);
    if (problem !== null) problems.set(row.id, problem);
  });
  return problems;
}

function twinProblem(first: string, second: string): string {
  return first === second
    ? `${first} is here twice. Remove one of the two.`
    : `${first} and ${second} are one variable on Windows. Remove one of the two.`;
}

function secretProblem(row: EnvRow): string | null {
  return row.secretId === null ? CHOOSE_SECRET : null;
}

function valueProblem(value: string): string | null {
  if (value.includes("\0")) return "The value holds a NUL character, which no process can be given.";
  if (/\p{Surrogate}/u.test(value)) return "The value is not valid Unicode.";
  const bytes = new TextEncoder().encode(value).length;
  if (bytes <= LONGEST_VALUE) return null;
  return `The value has ${bytes} bytes of at most ${LONGEST_VALUE}. Hand large values over as a file, and its path as the value.`;
}

/** The first `{{name}}` of a plain value, which a run gets as it stands: variables are filled in elsewhere. */
export function placeholderIn(value: string): string | null {
  return /\{\{\s*[A-Za-z][A-Za-z0-9_]*\s*\}\}/.exec(value)?.[0] ?? null;
}

/** The messages of the control plane for these lines, by line id: its fields are named `env.KEY`. */
export function refusedRows(
  rows: EnvDraft,
  errors: Readonly<Record<string, string>> | undefined,
): ReadonlyMap<string, string> {
  if (errors === undefined) return new Map();
  return new Map(
    rows.flatMap((row) => {
      const key = row.key.trim();
      // The control plane cuts a long key; below a key it may name a part of the binding.
      const name = `env.${key.slice(0, 200)}`;
      const field = Object.keys(errors).find((each) => each === name || each.startsWith(`${name}.`));
      const message = field === undefined || key === "" ? undefined : errors[field];
      return message === undefined ? [] : [[row.id, message] as const];
    }),
  );
}
