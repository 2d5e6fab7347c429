import { sql } from "drizzle-orm";
import type { ErrorCode } from "../../preload/contract/errors.ts";
import type { PreviewEntry } from "../../preload/contract/environment.ts";
import type { Database } from "../database/database.ts";
import type { Vault } from "../secrets/vault.ts";
import { type Winner, winners } from "./layers.ts";
import { previewOf, type ReferenceState } from "./manifest.ts";
import { type EnvironmentSheet, layersOf } from "./sheet.ts";

/** One reference as the database has it now; all but `key` null where there is no such secret. */
interface StateRow extends Record<string, unknown> {
  key: string;
  own: boolean | null;
  secret_key: string | null;
  status: string | null;
  provider: string | null;
  version: number | null;
  version_status: string | null;
  revoked: boolean;
  has_material: boolean;
}

/**
 * What a run of this sheet would get if it started now: one entry per key, with the code that the run would be refused
 * with. One query for all references; no value is read and no access event is written.
 */
export async function previewEntries(
  database: Database,
  vault: Vault,
  companyId: string,
  sheet: EnvironmentSheet,
  platform: NodeJS.Platform = process.platform,
): Promise<PreviewEntry[]> {
  const won = winners(layersOf(sheet), platform);
  const wanted = won.flatMap(({ key, binding }) =>
    binding.type === "plain"
      ? []
      : [{ key, secretId: binding.secretId, version: binding.version === "latest" ? null : binding.version }],
  );
  if (wanted.length === 0) return previewOf(won, new Map());
  if (vault.state() !== "ready") await vault.reload();
  const vaultReady = vault.state() === "ready";
  const { rows } = await database.orm.execute<StateRow>(sql`
    select w.key, s.company_id = ${companyId}::uuid as own, s.key as secret_key, s.status, s.provider,
      v.version, v.status as version_status, v.revoked_at is not null as revoked, v.material is not null as has_material
    from jsonb_to_recordset(${JSON.stringify(wanted)}::jsonb) as w (key text, "secretId" uuid, version int)
    left join company_secrets s on s.id = w."secretId"
    left join company_secret_versions v on v.secret_id = s.id and v.version = coalesce(w.version, s.latest_version)`);
  const states = new Map(rows.map((row) => [row.key, stateOf(row, isBound(sheet, won, row.key), vaultReady)]));
  return previewOf(won, states);
}

function isBound(sheet: EnvironmentSheet, won: readonly Winner[], key: string): boolean {
  const winner = won.find((candidate) => candidate.key === key);
  if (winner?.binding.type !== "secret_ref") return false;
  const { layer, consumerId, binding } = winner;
  return sheet.bindings.some(
    ({ targetType, targetId, configPath, secretId }) =>
      targetType === layer && targetId === consumerId && configPath === `env.${key}` && secretId === binding.secretId,
  );
}

function stateOf(row: StateRow, bound: boolean, vaultReady: boolean): ReferenceState {
  return {
    secretKey: row.own ? row.secret_key : null,
    secretStatus: row.own ? row.status : null,
    version: row.own ? row.version : null,
    problem: problemOf(row, bound, vaultReady),
  };
}

/** Judges in the order in which resolution does, so that a preview says what the run will say. */
function problemOf(row: StateRow, bound: boolean, vaultReady: boolean): ErrorCode | null {
  if (row.own === null) return "secret_missing";
  if (!row.own) return "secret_foreign";
  if (row.status === "deleted") return "secret_deleted";
  if (row.status !== "active") return "secret_inactive";
  if (!bound) return "binding_missing";
  if (row.version === null) return "version_missing";
  if (row.revoked || (row.version_status !== "current" && row.version_status !== "previous")) return "version_inactive";
  if (!vaultReady) return "vault_locked";
  if (row.provider !== "local_encrypted" || !row.has_material) return "provider_error";
  return null;
}
