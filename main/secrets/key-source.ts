import os from "node:os";
import type { VaultHealth } from "../../preload/contract/secrets.ts";
import { type Finding, readOperatorKeyFile, readOwnKeyFile } from "./key-file.ts";
import { type MasterKey, parseMasterKey } from "./master-key.ts";

/** Where the master key comes from. The environment wins over the file. */
export interface KeySourceOptions {
  /** The instance's own directory for keys; it is ours to check and tighten like the default key file in it. */
  readonly secretsDirectory: string;
  readonly keyFile: string;
  /** Ours to check and tighten; a path of the operator's choice is never changed. */
  readonly keyFileIsDefault: boolean;
  /** The text of PAPERCLIP_SECRETS_MASTER_KEY. */
  readonly environmentKey?: string | undefined;
}

export interface KeySource {
  readonly custody: VaultHealth["custody"];
  /** The key that was found, or null. */
  readonly key: MasterKey | null;
  /** True where nothing is there at all, so that a first key may be made. False where something is there and wrong. */
  readonly absent: boolean;
  readonly findings: Finding[];
  /** Who can read the key, in plain words. */
  readonly whoCanRead: string;
}

/** Looks for the master key. Creates nothing. */
export async function readKeySource(options: KeySourceOptions): Promise<KeySource> {
  return options.environmentKey ? fromEnvironment(options.environmentKey) : readKeyFileSource(options);
}

/** Looks for the master key in the key file alone, also where the environment has one. */
export async function readKeyFileSource(options: KeySourceOptions): Promise<KeySource> {
  const reading = options.keyFileIsDefault
    ? await readOwnKeyFile(options.keyFile, options.secretsDirectory)
    : await readOperatorKeyFile(options.keyFile);
  return {
    custody: "file",
    key: reading.state === "read" ? reading.key : null,
    absent: reading.state === "missing",
    findings: reading.findings,
    whoCanRead:
      reading.state === "read"
        ? `${readersByMode(reading.mode)} The key is in ${options.keyFile}. ${AGENTS}`
        : `Nobody, as far as this program can tell: there is no usable key in ${options.keyFile}.`,
  };
}

function fromEnvironment(text: string): KeySource {
  const key = parseMasterKey(text);
  const wrong: Finding = {
    level: "error",
    message:
      "PAPERCLIP_SECRETS_MASTER_KEY holds no key: it is neither 64 hex digits, nor base64 of 32 bytes, nor 32 characters.",
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

const AGENTS = "Programs of this user can read what the user can; agents are such programs.";

function readersByMode(mode: number | null): string {
  if (mode === null) return `The Windows account ${userName()} and administrators.`;
  if ((mode & 0o004) !== 0) return "Every user of this machine.";
  if ((mode & 0o040) !== 0) return `${operators()}, and the group of the file.`;
  return `${operators()}.`;
}

/** The user of this program and root, named once where they are the same. */
function operators(): string {
  const name = userName();
  return name === "root" ? "The user root" : `The user ${name} and root`;
}

function userName(): string {
  try {
    return os.userInfo().username;
  } catch {
    // A container may run under a number that no account has.
    return `with uid ${process.geteuid?.() ?? "unknown"}`;
  }
}
