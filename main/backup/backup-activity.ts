import type { Database } from "../database/database.ts";
import { companies, type Json } from "../database/schema/work.ts";
import { OPERATOR, recordActivity } from "../record/activity.ts";

/** Records what the operator did with backups in the activity of every company: each of them is in such a file. */
export async function recordBackupActivity(
  { orm }: Database,
  action: `backup.${string}`,
  name: string,
  details: { [key: string]: Json },
): Promise<void> {
  await orm.transaction(async (tx) => {
    for (const { id } of await tx.select({ id: companies.id }).from(companies)) {
      const entity = { entityType: "backup", entityId: name, details: { name, ...details } };
      await recordActivity(tx, { companyId: id, actor: OPERATOR, action, ...entity });
    }
  });
}
