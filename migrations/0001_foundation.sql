-- The tables of the first release. Replay-safe: each statement may run again on a database that already has its object.

create table if not exists companies (
  id uuid primary key,
  name text not null,
  issue_prefix text not null,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now()
);
comment on table companies is 'The outer boundary of all data; no record of one is visible to another.';
comment on index companies_pkey is 'Looks a company up by id.';
create unique index if not exists companies_name_uq on companies (lower(name));
comment on index companies_name_uq is 'Names are how an operator tells companies apart.';
create unique index if not exists companies_issue_prefix_uq on companies (issue_prefix);
comment on index companies_issue_prefix_uq is 'An issue key such as ABC-12 names one company.';

create table if not exists projects (
  id uuid primary key,
  company_id uuid not null references companies (id) on delete cascade,
  name text not null,
  description text,
  env jsonb not null default '{}',
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now()
);
comment on table projects is 'Groups work and adds the middle env layer.';
comment on index projects_pkey is 'Looks a project up by id.';
create unique index if not exists projects_name_uq on projects (company_id, lower(name));
comment on index projects_name_uq is 'Names resolve to one project of a company; lists them too.';

create table if not exists agents (
  id uuid primary key,
  company_id uuid not null references companies (id) on delete cascade,
  name text not null,
  status text not null default 'active' check (status in ('active', 'paused')),
  adapter text not null,
  adapter_config jsonb not null default '{}',
  env jsonb not null default '{}',
  pass_through text[] not null default '{}',
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now()
);
comment on table agents is 'Who does the work: an adapter with its configuration, and the lowest env layer.';
comment on index agents_pkey is 'Looks an agent up by id.';
create unique index if not exists agents_name_uq on agents (company_id, lower(name));
comment on index agents_name_uq is 'Names resolve to one agent of a company; lists them too.';

create table if not exists routines (
  id uuid primary key,
  company_id uuid not null references companies (id) on delete cascade,
  project_id uuid references projects (id) on delete set null,
  goal_id uuid,
  parent_issue_id uuid,
  title text not null,
  instructions text not null default '',
  assignee_agent_id uuid references agents (id) on delete set null,
  priority text not null default 'medium' check (priority in ('low', 'medium', 'high', 'urgent')),
  status text not null default 'active' check (status in ('active', 'paused', 'archived')),
  concurrency_policy text not null default 'coalesce_if_active'
    check (concurrency_policy in ('coalesce_if_active', 'always_enqueue', 'skip_if_active')),
  catch_up_policy text not null default 'skip_missed'
    check (catch_up_policy in ('skip_missed', 'enqueue_missed_with_cap', 'enqueue_latest_missed', 'hold')),
  variables jsonb not null default '[]',
  env jsonb not null default '{}',
  retry jsonb not null default '{"maxAttempts": 1, "backoffSeconds": 30, "onInterruption": false}',
  latest_revision_id uuid not null,
  latest_revision_number integer not null default 1,
  created_by_type text not null default 'user',
  created_by_id text,
  last_triggered_at timestamptz(3),
  last_enqueued_at timestamptz(3),
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now()
);
comment on table routines is 'Recurring work as it stands now; its past is in routine_revisions.';
comment on index routines_pkey is 'Looks a routine up by id.';
create index if not exists routines_company_status_ix on routines (company_id, status);
comment on index routines_company_status_ix is 'Lists the routines of a company by status.';
create index if not exists routines_company_title_ix on routines (company_id, lower(title));
comment on index routines_company_title_ix is 'Resolves a title that is unique in the company.';
create index if not exists routines_agent_ix on routines (assignee_agent_id);
comment on index routines_agent_ix is 'Finds the routines of an agent.';
create index if not exists routines_project_ix on routines (project_id);
comment on index routines_project_ix is 'Finds the routines of a project.';

create table if not exists routine_revisions (
  id uuid primary key,
  company_id uuid not null references companies (id) on delete cascade,
  routine_id uuid not null references routines (id) on delete cascade,
  revision_number integer not null check (revision_number > 0),
  title text not null,
  snapshot jsonb not null,
  change_summary text,
  restored_from_revision_id uuid references routine_revisions (id) on delete set null,
  created_by_type text not null default 'user',
  created_by_id text,
  created_by_run_id uuid,
  created_at timestamptz(3) not null default now()
);
comment on table routine_revisions is 'Immutable snapshots of a routine; every change appends one. Holds secret references, never values.';
comment on index routine_revisions_pkey is 'Looks a revision up by id.';
create unique index if not exists routine_revisions_number_uq on routine_revisions (routine_id, revision_number);
comment on index routine_revisions_number_uq is 'Numbers grow by one and are never used twice; pages the history.';

create table if not exists routine_triggers (
  id uuid primary key,
  company_id uuid not null references companies (id) on delete cascade,
  routine_id uuid not null references routines (id) on delete cascade,
  kind text not null check (kind in ('schedule', 'webhook', 'api', 'once')),
  label text,
  enabled boolean not null default true,
  cron_expression text,
  timezone text,
  once_at timestamptz(3),
  grace_seconds integer not null default 300 check (grace_seconds >= 0),
  next_run_at timestamptz(3),
  accounted_until timestamptz(3),
  last_fired_at timestamptz(3),
  public_id text,
  secret_id uuid,
  signing_mode text check (signing_mode in ('bearer', 'hmac_sha256', 'github_hmac', 'none')),
  replay_window_seconds integer,
  last_rotated_at timestamptz(3),
  last_result text,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now()
);
comment on table routine_triggers is 'What starts a routine besides the operator. accounted_until: every slot up to it has its ledger row.';
comment on index routine_triggers_pkey is 'Looks a trigger up by id.';
create unique index if not exists routine_triggers_public_id_uq on routine_triggers (public_id) where public_id is not null;
comment on index routine_triggers_public_id_uq is 'Finds the trigger of a webhook address.';
create index if not exists routine_triggers_routine_ix on routine_triggers (routine_id);
comment on index routine_triggers_routine_ix is 'Lists the triggers of a routine.';
create index if not exists routine_triggers_due_ix on routine_triggers (next_run_at) where enabled and next_run_at is not null;
comment on index routine_triggers_due_ix is 'Finds the next due triggers.';

create table if not exists run_sheets (
  id uuid primary key,
  company_id uuid not null references companies (id) on delete cascade,
  content_sha256 text not null,
  sheet jsonb not null,
  created_at timestamptz(3) not null default now()
);
comment on table run_sheets is 'What runs were pinned to at dispatch: adapter configuration, env shapes and bindings of all layers. Shared by runs of equal content; no secret values.';
comment on index run_sheets_pkey is 'Looks a sheet up by id.';
create unique index if not exists run_sheets_content_uq on run_sheets (company_id, content_sha256);
comment on index run_sheets_content_uq is 'One row per content, so that a thousand runs of an unchanged routine store it once.';

create table if not exists owners (
  id uuid primary key,
  instance_id text not null,
  instance_root text not null,
  hostname text not null,
  pid integer not null,
  kind text not null check (kind in ('window', 'serve', 'command')),
  started_at timestamptz(3) not null default now(),
  seen_at timestamptz(3) not null default now()
);
comment on table owners is 'Processes that claim runs. One that has not been seen for its lease, or whose instance has another owner now, is dead.';
comment on index owners_pkey is 'Looks an owner up by id.';

create table if not exists routine_runs (
  id uuid primary key,
  company_id uuid not null references companies (id) on delete cascade,
  routine_id uuid not null references routines (id) on delete cascade,
  trigger_id uuid references routine_triggers (id) on delete set null,
  source text not null check (source in ('schedule', 'manual', 'api', 'webhook')),
  status text not null default 'received' check (status in ('received', 'queued', 'running', 'succeeded', 'failed',
    'cancelled', 'timed_out', 'interrupted', 'coalesced', 'skipped', 'held')),
  title text not null,
  instructions text not null,
  triggered_at timestamptz(3) not null default now(),
  slot_at timestamptz(3),
  slot_range tstzrange,
  slot_count integer check (slot_count > 0),
  routine_revision_id uuid references routine_revisions (id) on delete set null,
  sheet_id uuid references run_sheets (id),
  agent_id uuid references agents (id) on delete set null,
  project_id uuid references projects (id) on delete set null,
  variables jsonb not null default '{}',
  trigger_payload jsonb,
  idempotency_key text,
  dispatch_fingerprint text not null,
  exclusive boolean not null default false,
  coalesced_into_run_id uuid references routine_runs (id) on delete set null,
  linked_issue_id uuid,
  held_reason text,
  skip_reason text,
  not_before timestamptz(3),
  attempts integer not null default 0,
  max_attempts integer not null default 1 check (max_attempts > 0),
  backoff_seconds integer not null default 30,
  retry_on_interruption boolean not null default false,
  cancel_requested_at timestamptz(3),
  claimed_by uuid,
  failure jsonb,
  exit_code integer,
  log_excerpt text,
  queued_at timestamptz(3),
  started_at timestamptz(3),
  completed_at timestamptz(3),
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now()
);
comment on table routine_runs is 'One firing and what became of it; its row is its own job. A stretch of skipped slots is one row with slot_range and slot_count.';
comment on index routine_runs_pkey is 'Looks a run up by id.';
create unique index if not exists routine_runs_slot_uq on routine_runs (trigger_id, slot_at) where slot_at is not null;
comment on index routine_runs_slot_uq is 'A slot is accounted for at most once.';
create unique index if not exists routine_runs_idempotency_uq on routine_runs (routine_id, source, idempotency_key)
  where idempotency_key is not null;
comment on index routine_runs_idempotency_uq is 'The same key starts the same run.';
create unique index if not exists routine_runs_active_uq on routine_runs (routine_id, dispatch_fingerprint)
  where exclusive and status in ('received', 'queued', 'running');
comment on index routine_runs_active_uq is 'Coalescing and skipping hold even when two dispatchers race: one active run per fingerprint.';
create index if not exists routine_runs_queue_ix on routine_runs (queued_at, id) where status = 'queued';
comment on index routine_runs_queue_ix is 'The queue: what to claim next.';
create index if not exists routine_runs_running_ix on routine_runs (claimed_by) where status = 'running';
comment on index routine_runs_running_ix is 'Finds what a dead owner left behind.';
create index if not exists routine_runs_company_ix on routine_runs (company_id, triggered_at desc, id desc);
comment on index routine_runs_company_ix is 'Pages the history of a company by key.';
create index if not exists routine_runs_routine_ix on routine_runs (routine_id, triggered_at desc, id desc);
comment on index routine_runs_routine_ix is 'Pages the history of a routine by key.';
create index if not exists routine_runs_status_ix on routine_runs (company_id, status, triggered_at desc, id desc);
comment on index routine_runs_status_ix is 'Pages the history by status, rare ones too.';

create table if not exists heartbeat_runs (
  id uuid primary key,
  company_id uuid not null references companies (id) on delete cascade,
  routine_run_id uuid not null references routine_runs (id) on delete cascade,
  agent_id uuid references agents (id) on delete set null,
  attempt integer not null check (attempt > 0),
  status text not null check (status in ('running', 'succeeded', 'failed', 'cancelled', 'timed_out', 'interrupted')),
  claimed_by uuid,
  pid integer,
  exit_code integer,
  signal text,
  failure jsonb,
  manifest jsonb not null default '[]',
  sheet_hash text,
  log_path text,
  log_bytes bigint not null default 0,
  log_lines bigint not null default 0,
  log_sha256 text,
  log_excerpt text not null default '',
  log_dropped_bytes bigint not null default 0,
  mask_hits bigint not null default 0,
  left_processes integer,
  started_at timestamptz(3) not null default now(),
  finished_at timestamptz(3),
  updated_at timestamptz(3) not null default now()
);
comment on table heartbeat_runs is 'One attempt at a run: one execution of an agent, with its manifest and its log. Never a value.';
comment on index heartbeat_runs_pkey is 'Looks an attempt up by id.';
create unique index if not exists heartbeat_runs_attempt_uq on heartbeat_runs (routine_run_id, attempt);
comment on index heartbeat_runs_attempt_uq is 'Attempts are numbered without doubles; lists those of a run.';
create index if not exists heartbeat_runs_running_ix on heartbeat_runs (claimed_by) where status = 'running';
comment on index heartbeat_runs_running_ix is 'Finds what a dead owner left behind.';

create table if not exists vault_keys (
  id uuid primary key,
  purpose text not null check (purpose in ('master', 'fingerprint', 'audit')),
  key_id text not null,
  state text not null default 'active' check (state in ('active', 'retired')),
  check_value text,
  wrapped_by text,
  wrapped_key jsonb,
  created_at timestamptz(3) not null default now(),
  retired_at timestamptz(3)
);
comment on table vault_keys is 'Key rows: id and check value of each master key (never the key), and the fingerprint and audit keys wrapped by it.';
comment on index vault_keys_pkey is 'Looks a key row up by id.';
create unique index if not exists vault_keys_active_uq on vault_keys (purpose) where state = 'active';
comment on index vault_keys_active_uq is 'One key per purpose is in use.';
create unique index if not exists vault_keys_key_id_uq on vault_keys (purpose, key_id);
comment on index vault_keys_key_id_uq is 'A key id names one key.';

create table if not exists company_secret_provider_configs (
  id uuid primary key,
  company_id uuid not null references companies (id) on delete cascade,
  provider text not null,
  display_name text not null,
  status text not null default 'ready' check (status in ('ready', 'warning', 'coming_soon', 'disabled')),
  is_default boolean not null default false,
  config jsonb not null default '{}',
  health_status text,
  health_checked_at timestamptz(3),
  health_message text,
  health_details jsonb,
  disabled_at timestamptz(3),
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now()
);
comment on table company_secret_provider_configs is 'Provider vaults: where secrets of other providers live. No credentials.';
comment on index company_secret_provider_configs_pkey is 'Looks a provider vault up by id.';
create unique index if not exists company_secret_provider_configs_default_uq
  on company_secret_provider_configs (company_id, provider) where is_default;
comment on index company_secret_provider_configs_default_uq is 'One default vault per provider.';

create table if not exists company_secrets (
  id uuid primary key,
  company_id uuid not null references companies (id) on delete cascade,
  key text not null,
  name text not null,
  description text,
  provider text not null default 'local_encrypted'
    check (provider in ('local_encrypted', 'aws_secrets_manager', 'gcp_secret_manager', 'vault')),
  status text not null default 'active' check (status in ('active', 'disabled', 'archived', 'deleted')),
  managed_mode text not null default 'paperclip_managed' check (managed_mode in ('paperclip_managed', 'external_reference')),
  external_ref text,
  provider_config_id uuid references company_secret_provider_configs (id) on delete set null,
  provider_metadata jsonb,
  latest_version integer not null default 1,
  last_resolved_at timestamptz(3),
  last_rotated_at timestamptz(3),
  deleted_at timestamptz(3),
  created_by_type text not null default 'user',
  created_by_id text,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now()
);
comment on table company_secrets is 'Secrets by key; a deleted one keeps its row without any version, so that its refusals can say so.';
comment on index company_secrets_pkey is 'Looks a secret up by id.';
create unique index if not exists company_secrets_key_uq on company_secrets (company_id, key) where status <> 'deleted';
comment on index company_secrets_key_uq is 'A key names one secret of a company; the key of a deleted one is free again.';
create unique index if not exists company_secrets_name_uq on company_secrets (company_id, lower(name)) where status <> 'deleted';
comment on index company_secrets_name_uq is 'A name names one secret of a company; the name of a deleted one is free again.';

create table if not exists company_secret_versions (
  id uuid primary key,
  company_id uuid not null references companies (id) on delete cascade,
  secret_id uuid not null references company_secrets (id) on delete cascade,
  version integer not null check (version > 0),
  status text not null default 'current' check (status in ('current', 'previous', 'disabled', 'destroyed', 'failed')),
  key_id text,
  material jsonb,
  fingerprint text,
  provider_version_ref text,
  note text,
  created_by_type text not null default 'user',
  created_by_id text,
  created_at timestamptz(3) not null default now(),
  revoked_at timestamptz(3)
);
comment on table company_secret_versions is 'Encrypted material, one row per version: a data key wrapped by the master key key_id, and the value under it. fingerprint is an HMAC.';
comment on index company_secret_versions_pkey is 'Looks a version up by id.';
create unique index if not exists company_secret_versions_version_uq on company_secret_versions (secret_id, version);
comment on index company_secret_versions_version_uq is 'Resolves a version of a secret; numbers are never used twice.';
create unique index if not exists company_secret_versions_current_uq on company_secret_versions (secret_id) where status = 'current';
comment on index company_secret_versions_current_uq is 'At most one version is current.';
create index if not exists company_secret_versions_key_ix on company_secret_versions (key_id);
comment on index company_secret_versions_key_ix is 'Finds what is still wrapped by a key, for rotation.';
create index if not exists company_secret_versions_fingerprint_ix on company_secret_versions (company_id, fingerprint);
comment on index company_secret_versions_fingerprint_ix is 'Finds equal values of a company without decrypting.';

create table if not exists company_secret_bindings (
  id uuid primary key,
  company_id uuid not null references companies (id) on delete cascade,
  secret_id uuid not null references company_secrets (id) on delete cascade,
  target_type text not null
    check (target_type in ('agent', 'project', 'environment', 'routine', 'plugin', 'issue', 'run', 'system')),
  target_id text not null,
  config_path text not null,
  version_selector text not null default 'latest',
  required boolean not null default true,
  label text,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now()
);
comment on table company_secret_bindings is 'This consumer may use that secret at this config path. Derived from env in the transaction that saves it.';
comment on index company_secret_bindings_pkey is 'Looks a binding up by id.';
create unique index if not exists company_secret_bindings_path_uq
  on company_secret_bindings (company_id, target_type, target_id, config_path);
comment on index company_secret_bindings_path_uq is 'One secret per consumer and path; what resolution checks.';
create index if not exists company_secret_bindings_secret_ix on company_secret_bindings (secret_id);
comment on index company_secret_bindings_secret_ix is 'Shows where a secret is used.';

create table if not exists secret_access_heads (
  company_id uuid primary key references companies (id) on delete cascade,
  last_sequence bigint not null default 0,
  sealed_sequence bigint not null default 0,
  sealed_head text
);
comment on table secret_access_heads is 'The last sequence number of access events per company, taken in the insert, and how far the hash chain has sealed them.';
comment on index secret_access_heads_pkey is 'One counter per company.';

create table if not exists secret_access_events (
  id uuid primary key,
  -- No foreign key: the counter row, which the same statement writes, has it, and a check per event costs a quarter.
  company_id uuid not null,
  sequence bigint not null,
  secret_id uuid,
  secret_key text,
  secret_name text,
  version integer,
  provider text,
  actor_type text not null check (actor_type in ('agent', 'user', 'system', 'plugin')),
  actor_id text,
  consumer_type text not null,
  consumer_id text not null,
  config_path text,
  layer text check (layer in ('agent', 'project', 'routine')),
  issue_id uuid,
  routine_run_id uuid,
  heartbeat_run_id uuid,
  plugin_id uuid,
  outcome text not null check (outcome in ('success', 'failure')),
  error_code text,
  created_at timestamptz(3) not null default now(),
  seal text
);
comment on table secret_access_events is 'Append-only: every use and every refusal of a secret, without its value. Keeps key and name, so it survives the secret.';
comment on index secret_access_events_pkey is 'Looks an event up by id.';
create unique index if not exists secret_access_events_sequence_uq on secret_access_events (company_id, sequence);
comment on index secret_access_events_sequence_uq is 'The order that the hash chain seals; no gap, no double. Pages the events.';
create index if not exists secret_access_events_secret_ix on secret_access_events (secret_id, sequence desc);
comment on index secret_access_events_secret_ix is 'Pages the events of a secret.';
create index if not exists secret_access_events_run_ix on secret_access_events (routine_run_id) where routine_run_id is not null;
comment on index secret_access_events_run_ix is 'Shows what a run read.';

create table if not exists activity_log (
  id uuid primary key,
  company_id uuid not null references companies (id) on delete cascade,
  actor_type text not null check (actor_type in ('agent', 'user', 'system', 'plugin')),
  actor_id text,
  action text not null,
  entity_type text not null,
  entity_id text not null,
  details jsonb not null default '{}',
  created_at timestamptz(3) not null default now()
);
comment on table activity_log is 'What was done by whom, append-only. Details hold names, ids, numbers and counts, never values.';
comment on index activity_log_pkey is 'Looks an entry up by id.';
create index if not exists activity_log_company_ix on activity_log (company_id, created_at desc, id desc);
comment on index activity_log_company_ix is 'Pages the activity of a company.';
create index if not exists activity_log_entity_ix on activity_log (entity_type, entity_id, created_at desc);
comment on index activity_log_entity_ix is 'Pages the activity of one record.';
