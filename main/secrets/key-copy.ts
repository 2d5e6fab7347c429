import type { Database } from "../database/database.ts";
import { readKeyRows } from "./key-rows.ts";
import { keyText, parseMasterKey } from "./master-key.ts";
import type { Vault } from "./vault.ts";

/** A master key as it goes into an encrypted backup of everything: its id, and the text of its file. */
export interface KeyCopy {
  readonly id: string;
  readonly text: string;
}

/** The master key in use, for a backup that is encrypted; null where there never was one. Refuses with `vault_locked`. */
export async function copyOfKey(vault: Vault): Promise<KeyCopy | null> {
  if (vault.state() !== "ready") await vault.reload();
  if (vault.state() === "uninitialized") return null;
  const { master } = vault.keys();
  return { id: master.id, text: keyText(master) };
}

/** Whether a text is that of the key with an id. */
export function isKeyText(text: string, id: string): boolean {
  return parseMasterKey(text)?.id === id;
}

/** The public half of the recovery code in force, or null where there is none. */
export async function recoveryRecipient({ orm }: Database): Promise<string | null> {
  return (await readKeyRows(orm)).recovery?.recipient ?? null;
}
