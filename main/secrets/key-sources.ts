import type { KeySourceEntry } from "../../preload/contract/secrets.ts";
import type { OpenCustody } from "./custody.ts";
import type { Custody } from "./custody-place.ts";
import type { Recovery } from "./key-rows.ts";
import { AGENTS, type KeySource, operators, readEnvironmentKey, userName } from "./key-source.ts";
import { keychainReaders } from "./keychain-key-place.ts";
import type { VaultView } from "./vault-view.ts";
import type { Vault } from "./vault.ts";

type Told = Pick<KeySourceEntry, "state" | "message" | "next">;

export interface KeySourcesServices {
  readonly vault: Vault;
  readonly custody: Pick<OpenCustody, "places" | "place">;
  /** The text of PAPERCLIP_SECRETS_MASTER_KEY. */
  readonly environmentKey: string | undefined;
}

/**
 * Every place that the master key can come from, and the way back without them, each with what is there now and what it is
 * worth on this system. It goes by the last look of the vault and only glances at what is not in use.
 */
export async function lookAtSources({ vault, custody, environmentKey }: KeySourcesServices): Promise<KeySourceEntry[]> {
  const view = vault.view();
  const { places, place } = custody;
  const look = (one: Custody) => places[one].read(one === place.custody ? undefined : "glance");
  const [file, keychain] = await Promise.all([look("file"), look("keychain")]);
  return [
    { source: "environment", ...ofEnvironment(environmentKey, view), worth: environmentWorth(process.platform) },
    {
      source: "file",
      ...ofPlace(file, view, place.custody, places.file.noun),
      worth: fileWorth(file, process.platform),
    },
    {
      source: "keychain",
      ...ofPlace(keychain, view, place.custody, places.keychain.noun),
      worth: `${keychainReaders(process.platform)} ${AGENTS}`,
    },
    { source: "recovery", ...ofRecovery(view) },
  ];
}

function ofEnvironment(text: string | undefined, view: VaultView): Told {
  const name = "PAPERCLIP_SECRETS_MASTER_KEY";
  if (!text) return { state: "absent", message: `${name} is not set.`, next: null };
  const { key, findings } = readEnvironmentKey(text);
  if (key === null) return { state: "unusable", message: findings[0]?.message ?? `${name} holds no key.`, next: null };
  const next = "It counts more than file and keychain: unset it, or set it to the right key, and start again.";
  return judged(key.id, view, "environment", name, next);
}

/** `custody` is that of the settings: the key is kept there, although the environment may count more. */
function ofPlace(source: KeySource, view: VaultView, custody: Custody, noun: string): Told {
  const kept = source.custody === custody;
  if (source.key !== null) {
    return judged(
      source.key.id,
      view,
      source.custody,
      `The ${noun}`,
      kept ? null : "Put it away, so that nobody takes it for the key.",
    );
  }
  if (source.absent) {
    const next = kept && view.state === "locked" ? "Put the key back there; no other is made in its place." : null;
    return {
      state: "absent",
      message: `There is no ${noun}${source.certain === false ? " that can be seen" : ""}.`,
      next,
    };
  }
  const wrong = source.unreachable ?? source.findings.findLast(({ level }) => level === "error");
  return { state: "unusable", message: wrong?.message ?? `The ${noun} cannot be read.`, next: wrong?.next ?? null };
}

/** What a source is that holds this key. `otherwise` says what to do where it is not the one in use. */
function judged(
  keyId: string,
  { state, expectedKeyId, custody }: VaultView,
  source: VaultView["custody"],
  what: string,
  otherwise: string | null,
): Told {
  if (state === "uninitialized") {
    return {
      state: "spare",
      message: `${what} holds the key ${keyId}; the first secret takes the one that counts most.`,
      next: null,
    };
  }
  if (keyId !== expectedKeyId) {
    return { state: "other", message: `${what} holds the key ${keyId}, which is not the one in use.`, next: otherwise };
  }
  if (source === custody && state === "ready") {
    return { state: "in_use", message: `${what} holds the key in use, and it is read from there.`, next: null };
  }
  const next =
    source === "environment" ? null : "Whoever reads it reads the secrets: remove it, or put it away as a copy.";
  return { state: "spare", message: `${what} holds the key in use too, and it is not read from there.`, next };
}

function ofRecovery({ recovery, expectedKeyId, state }: VaultView): Told & { worth: string } {
  if (recovery === null) {
    const lost = "Without one, whoever loses the master key loses all secrets.";
    const next = state === "ready" ? "Make one: `paperclip-desktop secrets key recovery create`" : null;
    return { state: "absent", message: "There is no recovery code.", worth: lost, next };
  }
  const worth =
    "Whoever has the code and a copy of the database has the key. This program keeps the public half alone: the code is " +
    "where it was written down.";
  const made = `It was made on ${day(recovery.createdAt)}`;
  if (recovery.keyId !== expectedKeyId) return { ...outdated(made, recovery), worth };
  if (recovery.testedAt === null) {
    const next = "Prove that it is at hand: `paperclip-desktop secrets key recovery test`";
    return { state: "made", message: `${made}, and never tested.`, worth, next };
  }
  return { state: "tested", message: `${made}, and last tested on ${day(recovery.testedAt)}.`, worth, next: null };
}

function outdated(made: string, { keyId }: Recovery): Told {
  const next = "Make a new one: `paperclip-desktop secrets key recovery create`";
  return { state: "other", message: `${made}, and opens the key ${keyId}, which is not in use.`, next };
}

const day = (date: Date) => date.toISOString().slice(0, 10);

function environmentWorth(platform: NodeJS.Platform): string {
  const where = "It also stands where it was set: a shell, a service, a container or a .env file.";
  const seen =
    platform === "linux"
      ? `${operators()} can read it in /proc for as long as this program runs, although no program that it starts is given it.`
      : `Programs of the user ${userName()} may read the environment of this program while it runs, although none that it starts is given it.`;
  return `${seen} ${where}`;
}

function fileWorth(file: KeySource, platform: NodeJS.Platform): string {
  const clear = "It is not encrypted: a copy of the disk or of the folder holds the key in clear.";
  if (file.key !== null) return `${clear} Who can read it: ${file.whoCanRead}`;
  const readers = platform === "win32" ? `the Windows account ${userName()} and administrators` : operators();
  return `${clear} Who could read it: ${readers.replace(/^The/, "the")}. ${AGENTS}`;
}
