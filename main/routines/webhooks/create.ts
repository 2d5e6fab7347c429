import type { TriggerInput } from "../../../preload/contract/triggers.ts";
import type { Database } from "../../database/database.ts";
import type { Clock } from "../../instance/clock.ts";
import type { Vault } from "../../secrets/vault.ts";
import { lockRoutine } from "../lookup.ts";
import { insertTrigger, type TriggerWork } from "../triggers.ts";
import { makeSigningSecret } from "./signing-secret.ts";

/**
 * Gives a routine a webhook and answers with its id, and with its signing key this once; null in the mode that has none.
 * Trigger, secret and binding are one transaction. Refuses `vault_locked` where a key is needed.
 */
export async function createWebhook(
  services: { readonly database: Database; readonly vault: Vault; readonly clock: Clock },
  work: TriggerWork & { readonly trigger: Extract<TriggerInput, { kind: "webhook" }> },
): Promise<{ readonly id: string; readonly signingKey: string | null }> {
  const { database, vault, clock } = services;
  const signed = work.trigger.signingMode !== "none";
  if (signed) await vault.makeReady();
  return database.orm.transaction(async (tx) => {
    const routine = await lockRoutine(tx, work.companyId, work.routineId);
    const key = signed ? await makeSigningSecret({ executor: tx, vault, clock, actor: work.actor }, work) : null;
    const id = await insertTrigger(tx, routine, { ...work, signingKey: key });
    return { id, signingKey: key?.value ?? null };
  });
}
