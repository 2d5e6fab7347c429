import { randomBytes } from "node:crypto";
import { Refusal } from "../contract/refusal.ts";
import type { Finding } from "./key-file.ts";
import { readOperatorKeyFile } from "./key-file.ts";
import type { KeyPlace } from "./key-place.ts";
import { AGENTS, type KeySource, userName } from "./key-source.ts";
import { type KeychainFailure, keychainName } from "./keychain-failure.ts";
import { type Keychain, demand } from "./keychain.ts";
import { KEY_BYTES, type MasterKey, keyText, masterKey, parseMasterKey } from "./master-key.ts";

export interface KeychainKeyPlaceOptions {
  readonly keychain: Keychain;
  /** The folder of the instance, with links followed: it names the entries, so that no two instances share one. */
  readonly root: string;
  /** The key file that would be in use with the other custody. */
  readonly keyFile: string;
}

/** The accounts under which an instance's keys stand in the keychain; `aside` is followed by an instant. */
export function keychainAccounts(root: string): Readonly<Record<"inUse" | "next" | "aside", string>> {
  const inUse = `master key of ${root}`;
  return { inUse, next: `next ${inUse}`, aside: `${inUse}, replaced ` };
}

/** The keychain of the system as the place of the master key. The next key is a second entry. */
export function keychainKeyPlace({ keychain, root, keyFile }: KeychainKeyPlaceOptions): KeyPlace {
  const account = keychainAccounts(root);
  const name = keychainName(process.platform);
  const noun = `entry "${account.inUse}" in the ${name}`;
  const back =
    "Bring the entry back, or give the key in PAPERCLIP_SECRETS_MASTER_KEY, or open the vault with the recovery code. " +
    "No other key is made in its place.";
  const keyIn = (text: string | null | undefined) => (text ? parseMasterKey(text) : null);

  /** The texts of the key in use and of the next one. One that is missing is missing: the keychain is open. */
  async function texts(what: string): Promise<{ inUse: string | null; next: string | null }> {
    const [inUse, next] = demand(await keychain.read([account.inUse, account.next]), what);
    return { inUse: inUse ?? null, next: next ?? null };
  }
  async function write(to: string, key: MasterKey, what: string): Promise<void> {
    demand(await keychain.write(to, keyText(key).trim()), what);
    const [written] = demand(await keychain.read([to]), what);
    if (keyIn(written)?.id === key.id) return;
    throw new Refusal("keychain_unavailable", `${what}. The ${name} took the key and does not give it back.`, {
      next: "See to the keychain of this system, then try again.",
    });
  }
  async function remove(from: string, what: string): Promise<void> {
    demand(await keychain.remove(from), what);
    const [left] = demand(await keychain.read([from]), what);
    if (!left) return;
    throw new Refusal("keychain_unavailable", `${what}. The ${name} still has it.`, {
      next: `Remove the entry "${from}" in the program of the keychain.`,
    });
  }

  async function read(how?: "glance"): Promise<KeySource> {
    const answer = await keychain.read([account.inUse, account.next], how);
    const stray = await strayFile(keyFile);
    const source = (key: MasterKey | null, absent: boolean, further: readonly Finding[]): KeySource => ({
      custody: "keychain",
      key,
      absent,
      findings: [...stray, ...further],
      whoCanRead: key
        ? `${keychainReaders(process.platform)} ${AGENTS}`
        : `Nobody, as far as this program can tell: there is no usable key in the ${name}.`,
    });
    if (!answer.ok) return { ...source(null, false, [unreadable(answer.failure)]), unreachable: answer.failure };
    const [text] = answer.value;
    if (!text) return { ...source(null, true, []), ...(how === "glance" ? { certain: false } : {}) };
    const key = keyIn(text);
    if (key) return source(key, false, []);
    const message = `The ${noun} holds no key: it is ${text.length} characters long, and neither base64 nor hex of 32 bytes.`;
    return source(null, false, [{ level: "error", message, next: back }]);
  }

  return {
    custody: "keychain",
    noun,
    back,
    fixed: null,
    reach: async (what) => void (await texts(what)),
    read,
    create: async () => {
      const what = "No master key was made";
      const { inUse } = await texts(what);
      const there = keyIn(inUse);
      if (there) return there;
      if (inUse !== null) {
        throw new Refusal("key_invalid", `${what}: the ${noun} holds something that is no key.`, { next: back });
      }
      const key = masterKey(randomBytes(KEY_BYTES));
      await write(account.inUse, key, what);
      return key;
    },
    readNext: async () => {
      const answer = await keychain.read([account.inUse, account.next]);
      return answer.ok ? keyIn(answer.value[1]) : null;
    },
    writeNext: (key) => write(account.next, key, "The new master key was not written to the keychain"),
    promoteNext: async () => {
      const what = "The new master key was not put in place in the keychain";
      const next = keyIn((await texts(what)).next);
      if (next === null) return;
      await write(account.inUse, next, what);
      await remove(account.next, "The entry of the next master key was not removed");
    },
    discardNext: () => remove(account.next, "The entry of the next master key was not removed"),
    put: async (key, now) => {
      const what = "The master key was not put in place in the keychain";
      const { inUse } = await texts(what);
      if (keyIn(inUse)?.id === key.id) return null;
      const aside = `${account.aside}${now.toISOString()}`;
      if (inUse !== null) demand(await keychain.write(aside, inUse), what);
      await write(account.inUse, key, what);
      return inUse === null ? null : `the entry "${aside}" in the ${name}`;
    },
    readAside: async () => {
      const accounts = await keychain.list(account.aside);
      if (!accounts.ok || accounts.value.length === 0) return new Map();
      const answer = await keychain.read(accounts.value);
      if (!answer.ok) return new Map();
      const keys = accounts.value.map((name, index) => [name, keyIn(answer.value[index])] as const);
      return new Map(keys.flatMap(([name, key]) => (key === null ? [] : [[name, key]])));
    },
    discardAside: (name) => remove(name, `The entry "${name}" was not removed`),
    remove: () => remove(account.inUse, `The ${noun} was not removed`),
  };
}

/** Who can read what is in the keychain of a system, in plain words. */
export function keychainReaders(platform: NodeJS.Platform): string {
  const user = userName();
  if (platform === "darwin") {
    return (
      `The program that wrote it, known by its signature, while the keychain of the user ${user} is unlocked; ` +
      "another program is let in where the user says so. The command line is the program Node to macOS, with all that runs in it."
    );
  }
  if (platform === "win32") return `Every program of the Windows account ${user}, while it is signed in.`;
  return `Every program of the user ${user} in the same session, while the keyring is unlocked. On disk it is encrypted with the keyring's password.`;
}

function unreadable({ message, next }: KeychainFailure): Finding {
  return {
    level: "error",
    message: `The master key is in the keychain of the system, and could not be read. ${message}`,
    next:
      `${next} Until then the ways in are the key itself in PAPERCLIP_SECRETS_MASTER_KEY, and the recovery code; ` +
      "moving the key to a file needs the keychain too.",
  };
}

/** A key file that lies there although the key in use is in the keychain. It is looked at and never changed. */
async function strayFile(keyFile: string): Promise<Finding[]> {
  const reading = await readOperatorKeyFile(keyFile);
  if (reading.state === "missing") return [];
  const which = reading.state === "read" ? `the key ${reading.key.id}` : "no key that can be read";
  return [
    {
      level: "warn",
      message: `The key in use is in the keychain, and the file ${keyFile} lies there too; it holds ${which}, and is not used.`,
      next: "Where it is the same key, whoever reads the file reads the secrets: remove it, or put it away as a copy. Where it is another, put it away.",
    },
  ];
}
