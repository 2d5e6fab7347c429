import os from "node:os";
import type { VaultHealth } from "../../preload/contract/secrets.ts";
import type { Finding } from "./key-file.ts";
import { type MasterKey, parseMasterKey } from "./master-key.ts";

/** What a look for the master key found. */
export interface KeySource {
  readonly custody: VaultHealth["custody"];
  /** The key that was found, or null. */
  readonly key: MasterKey | null;
  /** True where nothing is there at all, so that a first key may be made. False where something is there and wrong. */
  readonly absent: boolean;
  /** False where nothing is seen, and more than a glance might see something. */
  readonly certain?: false;
  /** Why the place itself cannot be reached, and what to do. */
  readonly unreachable?: { readonly message: string; readonly next: string };
  readonly findings: readonly Finding[];
  /** Who can read the key, in plain words. */
  readonly whoCanRead: string;
}

/** The master key in the text of PAPERCLIP_SECRETS_MASTER_KEY. */
export function readEnvironmentKey(text: string): KeySource {
  const key = parseMasterKey(text);
  const wrong: Finding = {
    level: "error",
    message:
      `PAPERCLIP_SECRETS_MASTER_KEY holds no key: it has ${[...text.trim()].length} characters, and is neither 64 hex ` +
      "digits, nor base64 of 32 bytes, nor 32 characters.",
    next: "Set it to the key in one of these forms, or unset it to use the key file.",
  };
  return {
    custody: "environment",
    key,
    absent: false,
    findings: key ? [] : [wrong],
    whoCanRead:
      `${operators()}, from the environment that this program was started with, and whoever can see ` +
      `where it was set: the shell, service, container or .env file. ${AGENTS}`,
  };
}

/** What is true of every custody. */
export const AGENTS = "Programs of this user can read what the user can; agents are such programs.";

/** The user of this program and root, named once where they are the same. */
export function operators(): string {
  const name = userName();
  return name === "root" ? "The user root" : `The user ${name} and root`;
}

export function userName(): string {
  try {
    return os.userInfo().username;
  } catch {
    // A container may run under a number that no account has.
    return `with uid ${process.geteuid?.() ?? "unknown"}`;
  }
}
