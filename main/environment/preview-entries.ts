import { sql } from "drizzle-orm";
import type { ErrorCode } from "../../preload/contract/errors.ts";
import type { PreviewEntry } from "../../preload/contract/environment.ts";
import type { Database, Executor } from "../database/database.ts";
import type { Vault } from "../secrets/vault.ts";
import { type Winner, winners } from "./layers.ts";
import { previewOf, type ReferenceState } from "./manifest.ts";
import { type EnvironmentSheet, layersOf, type SheetBinding } from "./sheet.ts";

/** One version of a secret as the database has it now; all but what was asked for null where there is no such secret. */
interface StateRow extends Record<string, unknown> {
  secret_id: string;
  /** What was asked for: a number, or null for the latest. */
  selector: number | null;
  own: boolean | null;
  secret_key: string | null;
  status: string | null;
  provider: string | null;
  version: number | null;
  version_status: string | null;
  revoked: boolean;
  has_material: boolean;
  /** Of a secret at another provider: it has a name there, and its provider vault can be used. */
  has_place: boolean;
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
  if (vault.state() !== "ready") await vault.reload();
  const options = { companyId, vaultReady: vault.state() === "ready", platform };
  const [entries] = await previewSheets(database.orm, [sheet], options);
  if (!entries) throw new Error("a sheet was to be previewed and was not");
  return entries;
}

/** The previews of several sheets of one company, in their order; still one query for all references. */
export async function previewSheets(
  executor: Executor,
  sheets: readonly EnvironmentSheet[],
  options: { readonly companyId: string; readonly vaultReady: boolean; readonly platform?: NodeJS.Platform },
): Promise<PreviewEntry[][]> {
  const { companyId, vaultReady, platform = process.platform } = options;
  const won = sheets.map((sheet) => winners(layersOf(sheet), platform));
  const wanted = new Map(
    won.flat().flatMap(({ binding }) => {
      if (binding.type === "plain") return [];
      const version = binding.version === "latest" ? null : binding.version;
      return [[addressOf(binding.secretId, version), { secretId: binding.secretId, version }]];
    }),
  );
  if (wanted.size === 0) return won.map((each) => previewOf(each, new Map()));
  const { rows } = await executor.execute<StateRow>(sql`
    select w."secretId" as secret_id, w.version as selector, s.company_id = ${companyId}::uuid as own,
      s.key as secret_key, s.status, s.provider, v.version, v.status as version_status,
      v.revoked_at is not null as revoked, v.material is not null as has_material,
      s.external_ref is not null and c.id is not null as has_place
    from jsonb_to_recordset(${JSON.stringify([...wanted.values()])}::jsonb) as w ("secretId" uuid, version int)
    left join company_secrets s on s.id = w."secretId"
    left join company_secret_versions v on v.secret_id = s.id and v.version = coalesce(w.version, s.latest_version)
    left join company_secret_provider_configs c on c.id = s.provider_config_id and c.company_id = s.company_id
      and c.provider = s.provider and c.status in ('ready', 'warning')`);
  const states = new Map(rows.map((row) => [addressOf(row.secret_id, row.selector), row]));
  return won.map((each, index) => {
    const bindings = new Set(sheets[index]?.bindings.map(authorityOf));
    const judged = each.flatMap((winner) => {
      const state = stateOfWinner(winner, states, bindings, vaultReady);
      return state ? [[winner.key, state] as const] : [];
    });
    return previewOf(each, new Map(judged));
  });
}

const addressOf = (secretId: string, version: number | null): string => `${secretId} ${version ?? "latest"}`;

/** What a binding allows, as text: who reads which secret at which place. */
const authorityOf = ({ targetType, targetId, configPath, secretId }: Omit<SheetBinding, "selector">): string =>
  JSON.stringify([targetType, targetId, configPath, secretId]);

function stateOfWinner(
  { key, layer, consumerId, binding }: Winner,
  states: ReadonlyMap<string, StateRow>,
  bindings: ReadonlySet<string>,
  vaultReady: boolean,
): ReferenceState | null {
  if (binding.type === "plain") return null;
  const { secretId, version } = binding;
  const row = states.get(addressOf(secretId, version === "latest" ? null : version));
  const authority = authorityOf({ targetType: layer, targetId: consumerId, configPath: `env.${key}`, secretId });
  return row ? stateOf(row, bindings.has(authority), vaultReady) : null;
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
  if (row.provider !== "local_encrypted") return row.has_place ? null : "provider_error";
  if (!vaultReady) return "vault_locked";
  return row.has_material ? null : "provider_error";
}
