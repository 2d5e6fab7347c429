import type { Actor } from "../../preload/contract/common.ts";
import type { Executor } from "../database/database.ts";
import { companies, type Json } from "../database/schema/work.ts";
import { recordActivity } from "../record/activity.ts";

/** Records what concerns the vault of the instance in the activity of every company: its secrets depend on it. */
export async function recordVaultActivity(
  tx: Executor,
  actor: Actor,
  action: `${"key" | "recovery"}.${string}`,
  entityId: string,
  details: { [key: string]: Json },
): Promise<void> {
  for (const { id } of await tx.select({ id: companies.id }).from(companies)) {
    await recordActivity(tx, { companyId: id, actor, action, entityType: "vault", entityId, details });
  }
}
