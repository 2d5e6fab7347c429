import { eq } from "drizzle-orm";
import type { Executor } from "../database/database.ts";
import { vaultRecoveries } from "../database/schema/secrets.ts";
import { type MasterKey, keyText, parseMasterKey } from "./master-key.ts";

// The library is large, and only recovery and rotation need it.
const age = () => import("age-encryption");

/** A new code, the text of an age X25519 identity, and its public half. */
export async function makeCode(): Promise<{ code: string; recipient: string }> {
  const { generateX25519Identity, identityToRecipient } = await age();
  const code = await generateX25519Identity();
  return { code, recipient: await identityToRecipient(code) };
}

/** The public half of a code, or null where its check sum is wrong. */
export async function recipientOf(code: string): Promise<string | null> {
  const { identityToRecipient } = await age();
  try {
    return await identityToRecipient(code);
  } catch {
    return null;
  }
}

/** The text of the key's file in the age format, armoured, for whoever holds the code. The stock tool opens it too. */
export async function sealForRecovery(recipient: string, key: MasterKey): Promise<string> {
  const { Encrypter, armor } = await age();
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  return armor.encode(await encrypter.encrypt(keyText(key)));
}

/** The key in such a copy, or null where the code is not its own or the copy is damaged. */
export async function openCopy(code: string, sealed: string): Promise<MasterKey | null> {
  const { Decrypter, armor } = await age();
  const decrypter = new Decrypter();
  decrypter.addIdentity(code);
  try {
    return parseMasterKey(await decrypter.decrypt(armor.decode(sealed), "text"));
  } catch {
    return null;
  }
}

/** Makes the copy of the recovery in force anew for another key, by the public half alone, where there is one. */
export async function resealRecovery(tx: Executor, key: MasterKey): Promise<void> {
  const [row] = await tx.select().from(vaultRecoveries).where(eq(vaultRecoveries.state, "active")).for("update");
  if (!row) return;
  const sealedKey = await sealForRecovery(row.recipient, key);
  await tx.update(vaultRecoveries).set({ keyId: key.id, sealedKey }).where(eq(vaultRecoveries.id, row.id));
}
