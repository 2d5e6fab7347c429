import { and, desc, eq, or, sql } from "drizzle-orm";
import type { SecretRecord } from "../../preload/contract/secrets.ts";
import { Refusal } from "../contract/refusal.ts";
import type { Executor } from "../database/database.ts";
import { asId } from "../database/ids.ts";
import { companySecrets } from "../database/schema/secrets.ts";
import { normaliseKey } from "./words.ts";

export type SecretRow = typeof companySecrets.$inferSelect;

/**
 * The secret that an operator means: by id, by key in any spelling that is stored the same, or by name; a key goes
 * before a name, what is there before what is deleted. Refuses with `secret_missing`, or `secret_foreign` for the id of
 * another company's secret.
 */
export async function findSecret(executor: Executor, companyId: string, reference: string): Promise<SecretRow> {
  const ofCompany = eq(companySecrets.companyId, companyId);
  const id = asId(reference);
  const key = normaliseKey(reference);
  const [row] = await executor
    .select()
    .from(companySecrets)
    .where(
      or(
        id === null ? undefined : eq(companySecrets.id, id),
        and(
          ofCompany,
          or(eq(companySecrets.key, key), eq(sql`lower(${companySecrets.name})`, reference.toLowerCase())),
        ),
      ),
    )
    .orderBy(
      sql`${companySecrets.id}::text = ${id ?? ""} desc`,
      sql`${companySecrets.status} = 'deleted'`,
      sql`${companySecrets.key} = ${key} desc`,
      desc(companySecrets.deletedAt),
    )
    .limit(1);
  if (!row) {
    throw new Refusal("secret_missing", `There is no secret "${reference}" in this company.`, {
      next: "See the secrets there are: `paperclip-desktop secrets list`",
      fields: { secret: "is not in this company" },
      details: { secret: reference },
    });
  }
  if (row.companyId !== companyId) {
    throw new Refusal("secret_foreign", `The secret ${reference} belongs to another company.`, {
      next: "Name its company, or a secret of this one.",
      fields: { secret: "belongs to another company" },
      details: { secret: reference },
    });
  }
  return row;
}

/** The secret, locked until the transaction ends, for a change. A deleted one is refused with `secret_deleted`. */
export async function lockSecret(tx: Executor, companyId: string, reference: string): Promise<SecretRow> {
  const { id } = await findSecret(tx, companyId, reference);
  const [row] = await tx.select().from(companySecrets).where(eq(companySecrets.id, id)).for("update");
  if (row && row.status !== "deleted") return row;
  throw new Refusal("secret_deleted", `Nothing was changed: the secret "${reference}" has been deleted.`, {
    next: "Create a new secret; the key is free again.",
    fields: { secret: "has been deleted" },
    details: { secret: reference },
  });
}

/** How many consumers are bound to each of these secrets. */
async function countReferences(executor: Executor, secretIds: readonly string[]): Promise<Map<string, number>> {
  if (secretIds.length === 0) return new Map();
  const { rows } = await executor.execute<{ secret_id: string; consumers: number }>(sql`
    select secret_id, count(distinct (target_type, target_id))::int as consumers
    from company_secret_bindings where secret_id = any(${sql.param(secretIds)}::uuid[]) group by secret_id`);
  return new Map(rows.map((row) => [row.secret_id, row.consumers]));
}

/** A row as the contract shows it. */
function secretRecordOf(row: SecretRow, references: number): SecretRecord {
  return {
    id: row.id,
    companyId: row.companyId,
    key: row.key,
    name: row.name,
    description: row.description,
    provider: row.provider,
    status: row.status,
    managedMode: row.managedMode,
    externalRef: row.externalRef,
    vaultId: row.providerConfigId,
    latestVersion: row.latestVersion,
    references,
    lastResolvedAt: row.lastResolvedAt?.toISOString() ?? null,
    lastRotatedAt: row.lastRotatedAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}

/** One secret as the contract shows it, with the consumers counted. */
export async function recordOf(executor: Executor, row: SecretRow): Promise<SecretRecord> {
  return secretRecordOf(row, (await countReferences(executor, [row.id])).get(row.id) ?? 0);
}

/** Several secrets as the contract shows them, in their order, with the consumers counted by one query. */
export async function recordsOf(executor: Executor, rows: readonly SecretRow[]): Promise<SecretRecord[]> {
  const references = await countReferences(
    executor,
    rows.map((row) => row.id),
  );
  return rows.map((row) => secretRecordOf(row, references.get(row.id) ?? 0));
}
