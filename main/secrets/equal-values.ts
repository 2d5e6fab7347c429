import { sql } from "drizzle-orm";
import type { Executor } from "../database/database.ts";
import type { Vault } from "./vault.ts";

/** An active secret whose current version holds a value that somebody asked for. */
export interface EqualSecret {
  readonly id: string;
  readonly key: string;
  readonly latestVersion: number;
}

/**
 * The active secrets of a company whose current version holds one of these values, by value, the oldest first. They are
 * found by keyed fingerprint; nothing is decrypted. Refuses with `vault_locked`.
 */
export async function secretsWithValues(
  executor: Executor,
  vault: Vault,
  companyId: string,
  values: readonly string[],
): Promise<Map<string, EqualSecret[]>> {
  if (vault.state() !== "ready") await vault.reload();
  // A database that never had a key has no secret either.
  if (values.length === 0 || vault.state() === "uninitialized") return new Map();
  const byFingerprint = new Map(values.map((value) => [vault.fingerprint(companyId, value), value]));
  const { rows } = await executor.execute<{ id: string; key: string; latestVersion: number; fingerprint: string }>(sql`
    select s.id, s.key, s.latest_version as "latestVersion", v.fingerprint
    from company_secrets s join company_secret_versions v on v.secret_id = s.id and v.version = s.latest_version
    where s.company_id = ${companyId} and s.status = 'active' and v.status = 'current' and v.revoked_at is null
      and v.fingerprint = any(${sql.param([...byFingerprint.keys()])}::text[])
    order by s.created_at, s.id`);
  const found = new Map<string, EqualSecret[]>();
  for (const { fingerprint, ...secret } of rows) {
    const value = byFingerprint.get(fingerprint);
    if (value !== undefined) found.set(value, [...(found.get(value) ?? []), secret]);
  }
  return found;
}

/** What a new secret of a company cannot be called: keys and names, in lower case, of all that are not deleted. */
export async function takenSecretNames(executor: Executor, companyId: string): Promise<Set<string>> {
  const { rows } = await executor.execute<{ key: string; name: string }>(sql`
    select key, lower(name) as name from company_secrets where company_id = ${companyId} and status <> 'deleted'`);
  return new Set(rows.flatMap(({ key, name }) => [key, name]));
}
