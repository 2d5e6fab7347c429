import os from "node:os";
import { Refusal } from "../contract/refusal.ts";
import { judgeName, nameIdentity } from "./names.ts";
import { probe } from "./probe.ts";

/** What a process needs besides its manifest. LC_* belongs to it too. */
const POSIX_NAMES = ["HOME", "USER", "LOGNAME", "LANG", "TZ", "TMPDIR", "SHELL"];

/** Without these, programs on Windows do not start or do not find their own files. */
const WINDOWS_NAMES = [
  "SystemRoot",
  "SystemDrive",
  "windir",
  "ComSpec",
  "PATH",
  "PATHEXT",
  "TEMP",
  "TMP",
  "USERPROFILE",
  "HOMEDRIVE",
  "HOMEPATH",
  "USERNAME",
  "APPDATA",
  "LOCALAPPDATA",
  "ProgramData",
  "ProgramFiles",
  "ProgramFiles(x86)",
  "ProgramW6432",
  "CommonProgramFiles",
  "PROCESSOR_ARCHITECTURE",
  "NUMBER_OF_PROCESSORS",
  "OS",
];

/** How long the operator's shell may take to start. */
const LOGIN_SHELL_MS = 5_000;

export interface BaseOptions {
  readonly platform?: NodeJS.Platform;
  /** PATH of the operator's login shell, or null where it could not be read; asked from the shell when left out. */
  readonly loginPath?: string | null;
}

/** The env that an agent's process gets besides its manifest, for the names on the agent's pass-through list. */
export type BaseEnvironment = (passThrough: readonly string[]) => Promise<Record<string, string>>;

/** `baseEnvironment` of one process env, which asks the operator's shell once, when it is first needed. */
export function cachedBaseEnvironment(processEnv: NodeJS.ProcessEnv): BaseEnvironment {
  let asked: Promise<string | null> | undefined;
  return async (passThrough) => {
    asked ??= loginShellPath(processEnv);
    return baseEnvironment(processEnv, passThrough, { loginPath: await asked });
  };
}

/**
 * The allow-listed base: PATH as the operator's login shell has it (where that cannot be read, as this process has it),
 * the few names a process needs, and what the agent passes through. A name that is not set is left out.
 */
export async function baseEnvironment(
  processEnv: NodeJS.ProcessEnv,
  passThrough: readonly string[],
  options: BaseOptions = {},
): Promise<Record<string, string>> {
  const platform = options.platform ?? process.platform;
  const base = new Map<string, [string, string]>();
  const take = (name: string, value: string | undefined) => {
    if (value !== undefined) base.set(nameIdentity(name, platform), [name, value]);
  };
  const find = (name: string) => {
    const identity = nameIdentity(name, platform);
    return Object.entries(processEnv).find(([present]) => nameIdentity(present, platform) === identity)?.[1];
  };
  if (platform === "win32") {
    for (const name of WINDOWS_NAMES) take(name, find(name));
  } else {
    const localeNames = Object.keys(processEnv).filter((name) => name.startsWith("LC_"));
    for (const name of [...POSIX_NAMES, ...localeNames]) take(name, find(name));
    take("HOME", find("HOME") ?? os.homedir());
    const loginPath = options.loginPath === undefined ? await loginShellPath(processEnv) : options.loginPath;
    take("PATH", loginPath ?? find("PATH"));
  }
  for (const name of passThrough) {
    if (judgePassThrough(name, platform) === null) take(name, find(name));
  }
  return Object.fromEntries(base.values());
}

/** PATH as the operator's login shell sets it, or null where the shell does not tell within 5 s. */
export async function loginShellPath(processEnv: NodeJS.ProcessEnv): Promise<string | null> {
  const shell = processEnv["SHELL"] || shellOfAccount();
  if (process.platform === "win32" || !shell) return null;
  const known = ["HOME", "USER", "LOGNAME", "LANG", "PATH"].flatMap((name) => {
    const value = processEnv[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  // Start-up files may print as well, so the answer stands between marks.
  const answer = await probe(shell, ["-lc", `printf '<<paperclip-path:%s>>' "$PATH"`], {
    env: { ...Object.fromEntries(known), SHELL: shell, TERM: "dumb" },
    cwd: "/",
    timeoutMs: LOGIN_SHELL_MS,
  });
  if (answer.kind !== "exited") return null;
  return /<<paperclip-path:([^\n]+?)>>/.exec(answer.stdout)?.[1] ?? null;
}

function shellOfAccount(): string | null {
  try {
    return os.userInfo().shell;
  } catch {
    return null; // An account without a passwd entry, as in some containers.
  }
}

/**
 * Refuses names that no agent may have passed through: the app's own database and keys, and what the runtime sets. The
 * answer is the list without doubles.
 */
export function checkPassThrough(names: readonly string[], platform: NodeJS.Platform = process.platform): string[] {
  for (const name of names) {
    const problem = judgePassThrough(name, platform);
    if (!problem) continue;
    throw new Refusal(problem.code, `The pass-through list was not saved: ${problem.message}`, {
      fields: { passThrough: problem.message },
      next: problem.next,
      details: { key: name.slice(0, 200) },
    });
  }
  return [...new Map(names.map((name) => [nameIdentity(name, platform), name])).values()];
}

function judgePassThrough(name: string, platform: NodeJS.Platform): ReturnType<typeof judgeName> {
  const identity = name.toUpperCase();
  const ownNames = ["DATABASE_URL", "DATABASE_MIGRATION_URL"];
  if (ownNames.includes(identity) || identity.startsWith("PAPERCLIP_SECRETS_")) {
    return {
      code: "env_key_reserved",
      message: `${name} is for the app itself and is never passed on.`,
      next: "Remove it from the list. A value that an agent needs belongs into its env, as a secret.",
    };
  }
  return judgeName(name, platform);
}
