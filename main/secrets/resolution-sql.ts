import type { Statement } from "../database/database.ts";

// One statement judges all references of a run, numbers and writes one access event for each, and hands out the material
// of those that may be read. As one statement it is one round trip and one transaction: no material without its event.
//
// $1 company, $2 secret ids, $3 consumer types, $4 consumer ids, $5 config paths, $6 version numbers (null: latest),
// $7 layers, $8 sheet id, $9 actor type, $10 actor id, $11 routine run, $12 heartbeat run,
// $13 the code for references that nothing else refuses (the vault is locked, a value did not open), or null. A locked
// vault does not concern what is kept at another provider; where to find that is handed out as `remote`.

/** The bindings that a run was pinned to at dispatch. */
const PINNED = `
  select distinct b."targetType" as target_type, b."targetId" as target_id, b."configPath" as config_path,
    b."secretId" as secret_id
  from run_sheets s
  cross join jsonb_to_recordset(s.sheet -> 'bindings')
    as b ("targetType" text, "targetId" text, "configPath" text, "secretId" uuid)
  where s.id = $8::uuid and s.company_id = $1`;

/** The bindings as they stand now. */
const LIVE = `
  select target_type, target_id, config_path, secret_id
  from company_secret_bindings
  where company_id = $1 and $8::uuid is null and secret_id = any($2::uuid[])`;

const statement = (authority: string) => `
with requests as materialized (
  select * from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::int[], $7::text[]) with ordinality
    as r (secret_id, consumer_type, consumer_id, config_path, selector, layer, position)
), authority as materialized (${authority}
), judged as materialized (
  select r.*, s.company_id = $1 as own, s.key, s.name, s.provider, coalesce(r.selector, s.latest_version) as version,
    v.material,
    case when s.provider <> 'local_encrypted' and s.company_id = $1 then jsonb_build_object('provider', s.provider,
      'secretKey', s.key, 'managedMode', s.managed_mode, 'externalRef', s.external_ref,
      'versionRef', v.provider_version_ref, 'vaultId', c.id, 'config', c.config) end as remote,
    case
      when s.id is null then 'secret_missing'
      when s.company_id <> $1 then 'secret_foreign'
      when s.status = 'deleted' then 'secret_deleted'
      when s.status <> 'active' then 'secret_inactive'
      when b.secret_id is null then 'binding_missing'
      when v.id is null then 'version_missing'
      when v.status not in ('current', 'previous') or v.revoked_at is not null then 'version_inactive'
      when $13::text is not null and (s.provider = 'local_encrypted' or $13 <> 'vault_locked') then $13
      when s.provider = 'local_encrypted' then case when v.material is null then 'provider_error' end
      -- What else must be so is judged before the call; a vault that cannot be used is none.
      when c.id is null or s.external_ref is null then 'provider_error'
    end as code
  from requests r
  left join company_secrets s on s.id = r.secret_id
  left join authority b on b.secret_id = r.secret_id and b.config_path = r.config_path
    and b.target_id = r.consumer_id and b.target_type = r.consumer_type
  left join company_secret_versions v on v.secret_id = s.id and v.version = coalesce(r.selector, s.latest_version)
  left join company_secret_provider_configs c on c.id = s.provider_config_id and c.company_id = s.company_id
    and c.provider = s.provider and c.status in ('ready', 'warning')
), head as (
  insert into secret_access_heads as h (company_id, last_sequence)
  select $1, count(*) from requests
  on conflict (company_id) do update set last_sequence = h.last_sequence + excluded.last_sequence
  returning last_sequence
), events as (
  insert into secret_access_events (id, company_id, sequence, secret_id, secret_key, secret_name, version, provider,
    actor_type, actor_id, consumer_type, consumer_id, config_path, layer, routine_run_id, heartbeat_run_id, outcome,
    error_code)
  select gen_random_uuid(), $1, head.last_sequence - (select count(*) from requests) + j.position, j.secret_id,
    case when j.own then j.key end, case when j.own then j.name end, case when j.own then j.version end,
    case when j.own then j.provider end, $9, $10, j.consumer_type, j.consumer_id, j.config_path, j.layer, $11::uuid,
    $12::uuid, case when j.code is null then 'success' else 'failure' end, j.code
  from judged j cross join head
  returning sequence
), used as (
  -- The counter's row is locked first, by all alike, so that two runs cannot wait for each other's secrets.
  update company_secrets s set last_resolved_at = now()
  from (select distinct j.secret_id from judged j, head where j.code is null) j
  where s.id = j.secret_id
)
select j.secret_id as "secretId", j.code, case when j.own then j.key end as key, j.provider, j.version,
  case when j.code is null then j.material end as material, case when j.code is null then j.remote end as remote
from judged j
order by j.position`;

/** For a run that pinned its bindings at dispatch. */
export const RESOLVE_PINNED: Statement = { name: "resolve_pinned", text: statement(PINNED) };
/** For whoever resolves without a sheet. */
export const RESOLVE_LIVE: Statement = { name: "resolve_live", text: statement(LIVE) };
