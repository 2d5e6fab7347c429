import { and, eq, inArray, ne, or, sql } from "drizzle-orm";
import type { ImportConflict, ImportedRow, RemoteSecret } from "../../preload/contract/providers.ts";
import { asRefusal } from "../contract/refusal.ts";
import { announce } from "../database/changes.ts";
import type { Executor } from "../database/database.ts";
import { companySecrets } from "../database/schema/secrets.ts";
import { recordActivity } from "../record/activity.ts";
import type { VaultServices } from "./provider-vault-changes.ts";
import { findVault, openProviderVault, type UsableVault } from "./provider-vaults.ts";
import { asFault, faultRefusal } from "./providers/failure.ts";
import { insertLink, placeOf } from "./linked-secrets.ts";
import { normaliseKey } from "./words.ts";

/** Rows that are asked for at a time where nobody says. */
const ROWS_PER_PAGE = 50;

/** A row that is to become a secret. */
interface Candidate {
  readonly externalRef: string;
  readonly key: string;
  readonly name: string;
}

/** What a vault holds, page by page, with what keeps each from being imported. No value is read. */
export async function previewImport(
  services: VaultServices,
  input: {
    companyId: string;
    vault: string;
    text?: string | undefined;
    limit?: number | undefined;
    cursor?: string | undefined;
  },
): Promise<{ secrets: RemoteSecret[]; nextCursor: string | null }> {
  const what = "The secrets at the provider were not listed";
  const usable = await openedVault(services.executor, input, what);
  const { text, limit = ROWS_PER_PAGE, cursor } = input;
  const page = await usable.remote
    .session((session) => session.list({ text, limit, cursor }))
    .catch((error: unknown) => {
      throw faultRefusal(asFault(error), usable.label, what);
    });
  const candidates = page.entries.map(({ externalRef, name }) => ({ externalRef, name, key: suggestedKey(name) }));
  const conflicts = await findConflicts(services.executor, input.companyId, usable, candidates);
  await recordImport(services, usable, "previewed", { rows: candidates.length });
  return {
    secrets: candidates.map(({ externalRef, key, name }, index) => ({
      externalRef,
      key,
      name,
      changedAt: page.entries[index]?.changedAt?.toISOString() ?? null,
      conflict: conflicts[index]?.conflict ?? null,
      reason: conflicts[index]?.reason ?? null,
    })),
    nextCursor: page.nextCursor,
  };
}

/**
 * Links the chosen secrets, each on its own: a row that cannot be imported says why and keeps no other from it. No value
 * is read and nothing is called. The same rows again import nothing twice.
 */
export async function importSecrets(
  services: VaultServices,
  input: {
    companyId: string;
    vault: string;
    rows: readonly { externalRef: string; key?: string | undefined; name?: string | undefined }[];
  },
): Promise<{ rows: ImportedRow[]; imported: number; skipped: number; errors: number }> {
  const usable = await openedVault(services.executor, input, "Nothing was imported");
  const rows: ImportedRow[] = [];
  for (const { externalRef, key, name } of input.rows) {
    const remote = nameOf(externalRef);
    const candidate = { externalRef, key: key ?? suggestedKey(remote), name: name ?? remote.slice(0, 120) };
    rows.push(await importOne(services, input.companyId, usable, candidate));
  }
  const count = (result: ImportedRow["result"]) => rows.filter((row) => row.result === result).length;
  const counts = { imported: count("imported"), skipped: count("skipped"), errors: count("error") };
  await recordImport(services, usable, "completed", counts);
  return { rows, ...counts };
}

async function importOne(
  services: VaultServices,
  companyId: string,
  usable: UsableVault,
  candidate: Candidate,
): Promise<ImportedRow> {
  const { externalRef } = candidate;
  const [found] = await findConflicts(services.executor, companyId, usable, [candidate]);
  if (found) {
    return { externalRef, result: "skipped", conflict: found.conflict, message: found.reason, secret: null };
  }
  try {
    const secret = await insertLink(services, placeOf(usable), { companyId, ...candidate });
    return { externalRef, result: "imported", conflict: null, message: null, secret };
  } catch (error) {
    const refusal = asRefusal(error);
    // Another row or another client took the key between the look and the insert.
    const conflict = refusal?.code === "secret_taken" ? (refusal.data.fields?.["key"] ? "key" : "name") : null;
    if (conflict) return { externalRef, result: "skipped", conflict, message: refusal?.message ?? null, secret: null };
    if (!refusal) throw error;
    return { externalRef, result: "error", conflict: null, message: refusal.message, secret: null };
  }
}

async function openedVault(
  executor: Executor,
  { companyId, vault }: { companyId: string; vault: string },
  what: string,
): Promise<UsableVault> {
  return openProviderVault(await findVault(executor, companyId, vault), what);
}

/** Why each candidate cannot be imported, or null, by one query for all. Deleted secrets are in nobody's way. */
async function findConflicts(
  executor: Executor,
  companyId: string,
  usable: UsableVault,
  candidates: readonly Candidate[],
): Promise<({ conflict: ImportConflict; reason: string } | null)[]> {
  if (candidates.length === 0) return [];
  const keys = candidates.map(({ key }) => normaliseKey(key));
  const existing = await executor
    .select({
      key: companySecrets.key,
      name: sql<string>`lower(${companySecrets.name})`,
      externalRef: companySecrets.externalRef,
      provider: companySecrets.provider,
    })
    .from(companySecrets)
    .where(
      and(
        eq(companySecrets.companyId, companyId),
        ne(companySecrets.status, "deleted"),
        or(
          inArray(companySecrets.key, keys),
          inArray(
            sql`lower(${companySecrets.name})`,
            candidates.map(({ name }) => name.toLowerCase()),
          ),
          inArray(
            companySecrets.externalRef,
            candidates.map(({ externalRef }) => externalRef),
          ),
        ),
      ),
    );
  return candidates.map(({ externalRef, name }, index) => {
    const guardrail = usable.remote.whyNotLinked(externalRef);
    if (guardrail !== null) return { conflict: "provider_guardrail" as const, reason: guardrail };
    const same = existing.find((one) => one.externalRef === externalRef && one.provider === usable.row.provider);
    if (same)
      return { conflict: "exact_reference" as const, reason: `the secret "${same.key}" is linked to it already` };
    const key = keys[index] ?? "";
    if (key === "") return { conflict: "key" as const, reason: "no key can be made of its name; give one" };
    if (existing.some((one) => one.key === key)) {
      return { conflict: "key" as const, reason: `there is a secret with the key "${key}" already` };
    }
    return existing.some((one) => one.name === name.toLowerCase())
      ? { conflict: "name" as const, reason: `there is a secret with the name "${name}" already` }
      : null;
  });
}

/** The key that a remote name becomes: its slashes are dashes. */
function suggestedKey(name: string): string {
  return normaliseKey(name);
}

/** The name in a reference: of an ARN what stands behind `secret:`, without the six characters that AWS adds. */
function nameOf(externalRef: string): string {
  const resource = /^arn:[^:]+:secretsmanager:[^:]*:[^:]*:secret:(.+)$/.exec(externalRef)?.[1];
  return resource?.replace(/-[A-Za-z0-9]{6}$/, "") ?? externalRef;
}

async function recordImport(
  { executor, actor }: VaultServices,
  { row }: UsableVault,
  action: "previewed" | "completed",
  counts: { [name: string]: number },
): Promise<void> {
  await executor.transaction(async (tx) => {
    await recordActivity(tx, {
      companyId: row.companyId,
      actor,
      action: `secret.remote_import.${action}`,
      entityType: "secret_provider_config",
      entityId: row.id,
      details: { vault: row.displayName, provider: row.provider, ...counts },
    });
    if (action === "completed") await announce(tx, { topic: "secrets", companyId: row.companyId, id: null });
  });
}
