import { readdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import { Refusal, systemCode } from "../contract/refusal.ts";
import { explainFileError, flushDirectory, makePrivateDirectory } from "../instance/permissions.ts";
import {
  type Finding,
  clearUnfinished,
  createKeyFile,
  lookAt,
  readOperatorKeyFile,
  readOwnKeyFile,
  writeKeyFile,
} from "./key-file.ts";
import type { KeyPlace } from "./key-place.ts";
import type { MasterKey } from "./master-key.ts";
import { AGENTS, type KeySource, operators, userName } from "./key-source.ts";

/** Stands in the name of a key file that was put aside, before the instant. */
const ASIDE = ".replaced-";

/** Where a key goes that is put aside at an instant, or under another name: the database that expects it finds it there. */
export function asideOf(keyFile: string, name: Date | string): string {
  return `${keyFile}${ASIDE}${typeof name === "string" ? name : name.toISOString().replaceAll(":", "-")}`;
}

export interface FileKeyPlaceOptions {
  /** The instance's own directory for keys; it is ours to check and tighten like the default key file in it. */
  readonly secretsDirectory: string;
  readonly keyFile: string;
  /** Ours to check and tighten; a path of the operator's choice is never changed. */
  readonly keyFileIsDefault: boolean;
}

/** The key file as the place of the master key. The next key is in a file beside it. */
export function fileKeyPlace({ secretsDirectory, keyFile, keyFileIsDefault }: FileKeyPlaceOptions): KeyPlace {
  const nextFile = `${keyFile}.next`;
  // What a look has tightened is right at the next look, and stays worth telling for as long as this process lives.
  let tightened: readonly Finding[] = [];
  const flush = () => flushDirectory(path.dirname(keyFile));

  async function read(): Promise<KeySource> {
    const reading = keyFileIsDefault
      ? await readOwnKeyFile(keyFile, secretsDirectory)
      : await readOperatorKeyFile(keyFile);
    const findings = unique([...tightened, ...reading.findings]);
    if (keyFileIsDefault) tightened = findings.filter((finding) => finding.level === "warn");
    return {
      custody: "file",
      key: reading.state === "read" ? reading.key : null,
      absent: reading.state === "missing",
      findings,
      whoCanRead:
        reading.state === "read"
          ? `${readersByMode(reading.mode)} The key is in ${keyFile}. ${AGENTS}`
          : `Nobody, as far as this program can tell: there is no usable key in ${keyFile}.`,
    };
  }

  return {
    custody: "file",
    noun: `file ${keyFile}`,
    back:
      "Put the key back from a copy, or give the key in PAPERCLIP_SECRETS_MASTER_KEY, or name its file in " +
      "PAPERCLIP_SECRETS_MASTER_KEY_FILE. No other key is made in its place.",
    fixed: keyFileIsDefault
      ? null
      : {
          message: `the key file ${keyFile} is at a path of your choice, where this program changes nothing`,
          next:
            `Copy it to ${path.join(secretsDirectory, "master.key")} (mode 0600), unset ` +
            `PAPERCLIP_SECRETS_MASTER_KEY_FILE and keyFilePath, and start again; then the key is this program's to replace.`,
        },
    // A folder is there or can be made; what else is wrong with it, writing tells.
    reach: async () => undefined,
    read,
    create: async () => {
      const { key } = await read();
      if (key === null) return createKeyFile(keyFile);
      await clearUnfinished(keyFile);
      return key;
    },
    readNext: async () => {
      const reading = await readOwnKeyFile(nextFile, path.dirname(nextFile));
      return reading.state === "read" ? reading.key : null;
    },
    writeNext: async (key) => {
      try {
        await rm(nextFile, { force: true });
        await writeKeyFile(nextFile, key);
        await flush();
      } catch (error) {
        await rm(nextFile, { force: true }).catch(() => undefined);
        throw explainFileError(error, `The new master key was not written to ${nextFile}`);
      }
    },
    promoteNext: async () => {
      try {
        await rename(nextFile, keyFile);
        await flush();
      } catch (error) {
        if (systemCode(error) === "ENOENT") return;
        throw explainFileError(error, `The new master key was not put in place at ${keyFile}`);
      }
    },
    discardNext: async () => {
      try {
        await rm(nextFile, { force: true });
      } catch (error) {
        throw explainFileError(error, `${nextFile} was not removed`);
      }
    },
    put: async (key, now) => {
      const incoming = `${keyFile}.incoming`;
      const aside = asideOf(keyFile, now);
      try {
        const there = await lookAt(keyFile);
        if (there && !keyFileIsDefault) throw operatorsFile(keyFile);
        await makePrivateDirectory(path.dirname(keyFile));
        await rm(incoming, { force: true });
        await writeKeyFile(incoming, key);
        if (there) await rename(keyFile, aside);
        await rename(incoming, keyFile);
        await flush();
        return there ? aside : null;
      } catch (error) {
        await rm(incoming, { force: true }).catch(() => undefined);
        throw explainFileError(error, `The master key was not put in place at ${keyFile}`);
      }
    },
    readAside: async () => {
      const directory = path.dirname(keyFile);
      const found = new Map<string, MasterKey>();
      if (!keyFileIsDefault) return found;
      for (const name of await readdir(directory).catch(() => [])) {
        if (!name.startsWith(path.basename(keyFile) + ASIDE)) continue;
        const reading = await readOwnKeyFile(path.join(directory, name), directory);
        if (reading.state === "read") found.set(path.join(directory, name), reading.key);
      }
      return found;
    },
    discardAside: async (name) => {
      try {
        await rm(name, { force: true });
        await flush();
      } catch (error) {
        throw explainFileError(error, `${name} was not removed`);
      }
    },
    // Overwriting a file first is of no use: today's disks and file systems write elsewhere.
    remove: async () => {
      try {
        await rm(keyFile, { force: true });
        await clearUnfinished(keyFile);
        await flush();
      } catch (error) {
        throw explainFileError(error, `The key file ${keyFile} was not removed`);
      }
    },
  };
}

function operatorsFile(keyFile: string): Refusal {
  return new Refusal(
    "key_fixed",
    `The master key was not put in place: something stands at ${keyFile}, a path of your choice, where this program changes nothing.`,
    { next: `Move ${keyFile} aside, then try again.` },
  );
}

function unique(findings: readonly Finding[]): Finding[] {
  return [...new Map(findings.map((finding) => [finding.message, finding])).values()];
}

function readersByMode(mode: number | null): string {
  if (mode === null) return `The Windows account ${userName()} and administrators.`;
  if ((mode & 0o004) !== 0) return "Every user of this machine.";
  if ((mode & 0o040) !== 0) return `${operators()}, and the group of the file.`;
  return `${operators()}.`;
}
