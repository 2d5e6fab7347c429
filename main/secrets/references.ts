import { randomUUID } from "node:crypto";
import { and, inArray, ne, or, eq, sql } from "drizzle-orm";
import type { Env } from "../../preload/contract/environment.ts";
import type { ErrorCode } from "../../preload/contract/errors.ts";
import type { SecretStatus } from "../../preload/contract/secrets.ts";
import { Refusal } from "../contract/refusal.ts";
import type { Executor } from "../database/database.ts";
import { asId } from "../database/ids.ts";
import { companySecrets } from "../database/schema/secrets.ts";
import { normaliseKey } from "./words.ts";

/** How an env names a secret: by id, or by its key (an id is taken there too). */
export interface SecretReference {
  readonly secretId?: string | undefined;
  readonly secret?: string | undefined;
}

export interface SecretSummary {
  readonly id: string;
  readonly companyId: string;
  readonly key: string;
  readonly status: SecretStatus;
  readonly latestVersion: number;
}

/** Who may be bound to a secret through env. */
export interface BindingTarget {
  readonly companyId: string;
  readonly type: "agent" | "project" | "routine";
  readonly id: string;
}

/**
 * The secrets that references name, in their order, null where there is none; one query for all. A key finds a secret of
 * the company that is not deleted. An id finds any secret, deleted ones and those of other companies too: the caller
 * looks at `status` and `companyId`, or lets `checkReferences` do it.
 */
export async function findSecrets(
  executor: Executor,
  companyId: string,
  references: readonly SecretReference[],
): Promise<(SecretSummary | null)[]> {
  const named = references.map((reference) => reference.secretId ?? reference.secret ?? "");
  const ids = named.flatMap((text) => asId(text) ?? []);
  const keys = references.flatMap(({ secret }) => (secret === undefined ? [] : [normaliseKey(secret)]));
  if (ids.length + keys.length === 0) return references.map(() => null);
  const found: SecretSummary[] = await executor
    .select({
      id: companySecrets.id,
      companyId: companySecrets.companyId,
      key: companySecrets.key,
      status: companySecrets.status,
      latestVersion: companySecrets.latestVersion,
    })
    .from(companySecrets)
    .where(
      or(
        inArray(companySecrets.id, ids),
        and(
          eq(companySecrets.companyId, companyId),
          inArray(companySecrets.key, keys),
          ne(companySecrets.status, "deleted"),
        ),
      ),
    );
  const byId = new Map(found.map((secret) => [secret.id, secret]));
  const byKey = new Map(
    found.flatMap((one) => (one.companyId === companyId && one.status !== "deleted" ? [[one.key, one]] : [])),
  );
  return references.map(({ secretId, secret }, index) => {
    const withId = byId.get(asId(named[index] ?? "") ?? "");
    return (
      withId ?? (secretId === undefined && secret !== undefined ? byKey.get(normaliseKey(secret)) : undefined) ?? null
    );
  });
}

/**
 * The secrets that references name, or a refusal where one does not exist, is deleted, or belongs to another company.
 * `field` is the path of a reference in what was given, such as `env.GH_TOKEN`; every bad one is in the refusal.
 */
export async function checkReferences(
  executor: Executor,
  companyId: string,
  references: readonly (SecretReference & { readonly field: string })[],
): Promise<SecretSummary[]> {
  const found = await findSecrets(executor, companyId, references);
  const bad = references.flatMap((reference, index) => {
    const code = whyRefused(found[index] ?? null, companyId);
    return code === null ? [] : [{ code, field: reference.field, name: reference.secretId ?? reference.secret ?? "" }];
  });
  const [first] = bad;
  if (first) {
    throw new Refusal(
      first.code,
      `Nothing was saved: ${first.field} refers to the secret "${first.name}", which ${REASONS[first.code]}.`,
      {
        next: "Name a secret of this company (`paperclip-desktop secrets list`), or create it first.",
        fields: Object.fromEntries(bad.map(({ code, field }) => [field, `the secret ${REASONS[code]}`])),
        details: { field: first.field, secret: first.name },
      },
    );
  }
  return found.flatMap((secret) => secret ?? []);
}

const REASONS = {
  secret_missing: "does not exist",
  secret_foreign: "belongs to another company",
  secret_deleted: "has been deleted",
} as const satisfies Partial<Record<ErrorCode, string>>;

function whyRefused(secret: SecretSummary | null, companyId: string): keyof typeof REASONS | null {
  if (secret === null) return "secret_missing";
  if (secret.companyId !== companyId) return "secret_foreign";
  return secret.status === "deleted" ? "secret_deleted" : null;
}

/**
 * Makes the bindings of a target those of its env, in the transaction that saves the env: rows under `env.` are replaced,
 * other paths stay. Set-based: two statements, whatever the number of keys. A secret that does not exist, is deleted or is
 * of another company is refused. The secrets are held until the transaction ends, so that a deletion comes before the
 * save, and is seen by it, or after it.
 */
export async function syncBindings(tx: Executor, target: BindingTarget, env: Env): Promise<void> {
  await tx.execute(sql`
    delete from company_secret_bindings
    where company_id = ${target.companyId} and target_type = ${target.type} and target_id = ${target.id}
      and starts_with(config_path, 'env.')`);
  const wanted = Object.entries(env).flatMap(([key, binding]) =>
    binding.type === "plain" ? [] : [{ id: randomUUID(), path: `env.${key}`, ...binding }],
  );
  if (wanted.length === 0) return;
  const rows = JSON.stringify(wanted.map(({ id, path, secretId, version }) => ({ id, path, secretId, version })));
  const written = await tx.execute(sql`
    with wanted as (
      select * from jsonb_to_recordset(${rows}::jsonb) as w (id uuid, path text, "secretId" uuid, version text)
    ), held as (
      select id, company_id from company_secrets
      where id in (select "secretId" from wanted) and company_id = ${target.companyId} and status <> 'deleted'
      order by id for key share
    )
    insert into company_secret_bindings (id, company_id, secret_id, target_type, target_id, config_path, version_selector)
    select w.id, s.company_id, s.id, ${target.type}, ${target.id}, w.path, w.version
    from wanted w join held s on s.id = w."secretId"
    on conflict (company_id, target_type, target_id, config_path)
    do update set secret_id = excluded.secret_id, version_selector = excluded.version_selector, updated_at = now()`);
  if (written.rowCount === wanted.length) return;
  await checkReferences(
    tx,
    target.companyId,
    wanted.map(({ path, secretId }) => ({ field: path, secretId })),
  );
  throw new Error(`${wanted.length} bindings were to be written, and ${written.rowCount} were`);
}
