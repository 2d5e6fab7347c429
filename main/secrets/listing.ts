import { and, desc, eq, ne, notInArray, type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import { actor } from "../../preload/contract/common.ts";
import { versionSelector } from "../../preload/contract/environment.ts";
import type { SecretDetail, SecretFilterStatus, SecretRecord, SecretUsage } from "../../preload/contract/secrets.ts";
import { cursorId, cursorText, readCursor, writeCursor } from "../database/cursor.ts";
import type { Executor } from "../database/database.ts";
import { companySecrets, companySecretVersions } from "../database/schema/secrets.ts";
import { findSecret, recordOf, recordsOf } from "./lookup.ts";

export interface SecretFilter {
  readonly companyId: string;
  /** `all`: those that are not deleted. Left out: those that are not archived either. */
  readonly status?: SecretFilterStatus | undefined;
  /** A part of the key or the name, whatever the case. */
  readonly text?: string | undefined;
  readonly provider?: SecretRecord["provider"] | undefined;
  /** Rows of a page; left out, all. */
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

const place = z.tuple([z.literal("key"), cursorText, cursorId]);

/**
 * Secrets of a company by key. A page goes on after the key and the id of the last row of the one before. Refuses with
 * `invalid_input` a cursor of another list.
 */
export async function listSecrets(
  executor: Executor,
  filter: SecretFilter,
): Promise<{ secrets: SecretRecord[]; nextCursor: string | null }> {
  const { companyId, status, text, provider, limit, cursor } = filter;
  const { id, key, name } = companySecrets;
  const query = executor
    .select()
    .from(companySecrets)
    .where(
      and(
        eq(companySecrets.companyId, companyId),
        withStatus(status),
        provider && eq(companySecrets.provider, provider),
        text
          ? sql`(strpos(${key}, lower(${text}::text)) > 0 or strpos(lower(${name}), lower(${text}::text)) > 0)`
          : undefined,
        cursor === undefined ? undefined : after(cursor),
      ),
    )
    .orderBy(key, id);
  const rows = await (limit === undefined ? query : query.limit(limit + 1));
  const page = limit === undefined ? rows : rows.slice(0, limit);
  const last = page.at(-1);
  return {
    secrets: await recordsOf(executor, page),
    nextCursor: last && rows.length > page.length ? writeCursor(["key", last.key, last.id]) : null,
  };
}

function withStatus(status: SecretFilter["status"]): SQL {
  if (status === undefined) return notInArray(companySecrets.status, ["archived", "deleted"]);
  return status === "all" ? ne(companySecrets.status, "deleted") : eq(companySecrets.status, status);
}

function after(cursor: string): SQL {
  const [, key, id] = readCursor(cursor, place);
  return sql`(${companySecrets.key}, ${companySecrets.id}) > (${key}::text, ${id}::uuid)`;
}

/** One secret with its versions, newest first. A deleted one is found too, without versions. */
export async function getSecret(executor: Executor, companyId: string, reference: string): Promise<SecretDetail> {
  const secret = await findSecret(executor, companyId, reference);
  const versions = await executor
    .select()
    .from(companySecretVersions)
    .where(eq(companySecretVersions.secretId, secret.id))
    .orderBy(desc(companySecretVersions.version));
  return {
    ...(await recordOf(executor, secret)),
    versions: versions.map((row) => ({
      version: row.version,
      status: row.status,
      keyId: row.keyId,
      note: row.note,
      createdBy: actor.parse({ type: row.createdByType, id: row.createdById }),
      createdAt: row.createdAt.toISOString(),
      revokedAt: row.revokedAt?.toISOString() ?? null,
    })),
  };
}

const storedSelector = z.preprocess((text) => (text === "latest" ? text : Number(text)), versionSelector);

/** Who is bound to a secret, and where. A deleted one keeps its bindings, so that what it broke can be seen. */
export async function secretUsage(executor: Executor, companyId: string, reference: string): Promise<SecretUsage> {
  const secret = await findSecret(executor, companyId, reference);
  const { rows } = await executor.execute<{
    target_type: string;
    target_id: string;
    target_name: string | null;
    config_path: string;
    version_selector: string;
  }>(sql`
    select b.target_type, b.target_id, coalesce(a.name, p.name, r.title) as target_name, b.config_path, b.version_selector
    from company_secret_bindings b
    left join agents a on a.company_id = b.company_id and a.id = case b.target_type when 'agent' then b.target_id::uuid end
    left join projects p on p.company_id = b.company_id and p.id = case b.target_type when 'project' then b.target_id::uuid end
    left join routines r on r.company_id = b.company_id and r.id = case b.target_type when 'routine' then b.target_id::uuid end
    where b.secret_id = ${secret.id}
    order by b.target_type, target_name, b.target_id, b.config_path`);
  return {
    usage: rows.map((row) => ({
      targetType: row.target_type,
      targetId: row.target_id,
      targetName: row.target_name,
      configPath: row.config_path,
      selector: storedSelector.parse(row.version_selector),
    })),
  };
}
