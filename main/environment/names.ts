import type { Layer } from "../../preload/contract/environment.ts";

/** What every run is told by the runtime itself. No layer may set one of these. */
export const RESERVED_NAMES: ReadonlySet<string> = new Set([
  "PAPERCLIP_API_URL",
  "PAPERCLIP_API_KEY",
  "PAPERCLIP_COMPANY_ID",
  "PAPERCLIP_AGENT_ID",
  "PAPERCLIP_PROJECT_ID",
  "PAPERCLIP_ROUTINE_ID",
  "PAPERCLIP_RUN_ID",
  "PAPERCLIP_ISSUE_ID",
  "PAPERCLIP_TRIGGER",
  "PAPERCLIP_PAYLOAD_FILE",
]);

export interface NameProblem {
  readonly code: "env_key_invalid" | "env_key_reserved";
  readonly message: string;
  readonly next: string;
}

/** What the system holds two names against each other by: on Windows they are one whatever their case. */
export function nameIdentity(name: string, platform: NodeJS.Platform): string {
  return platform === "win32" ? name.toUpperCase() : name;
}

/** Why a name cannot be a variable of a run, or null. */
export function judgeName(name: string, platform: NodeJS.Platform): NameProblem | null {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || name === "__proto__") {
    return {
      code: "env_key_invalid",
      message: `${shown(name)} cannot be the name of a variable.`,
      next: "Use letters, digits and _, with no digit first.",
    };
  }
  if (RESERVED_NAMES.has(nameIdentity(name, platform))) {
    return {
      code: "env_key_reserved",
      message: `${name} is set by the app itself in every run.`,
      next: "Choose another name; other names that start with PAPERCLIP_ are free.",
    };
  }
  return null;
}

/** Every name of one layer's env that cannot stand, in the order given, with what is wrong about it. */
export function judgeNames(
  layer: Layer,
  names: readonly string[],
  platform: NodeJS.Platform,
): { readonly name: string; readonly problem: NameProblem }[] {
  const seen = new Map<string, string>();
  return names.flatMap((name) => {
    const identity = nameIdentity(name, platform);
    const twin = seen.get(identity);
    seen.set(identity, name);
    const problem = judgeName(name, platform) ?? (twin === undefined ? null : twins(layer, twin, name));
    return problem ? [{ name, problem }] : [];
  });
}

function twins(layer: Layer, first: string, second: string): NameProblem {
  return {
    code: "env_key_invalid",
    message: `${first} and ${second} are one variable on Windows, and the ${layer} env has both.`,
    next: `Remove one of the two.`,
  };
}

/** A name for a message: quoted, on one line, and not longer than a line. */
function shown(name: string): string {
  return JSON.stringify(name.length > 60 ? `${name.slice(0, 60)}…` : name);
}
