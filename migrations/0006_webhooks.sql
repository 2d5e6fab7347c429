-- What webhooks remember: deliveries, proofs that were used, and for how long the key of before a rotation is taken too.

alter table routine_triggers add column if not exists previous_secret_version integer;
alter table routine_triggers add column if not exists previous_secret_until timestamptz(3);
comment on column routine_triggers.previous_secret_version is 'The version of the signing secret from before the last rotation, while that is still taken.';
comment on column routine_triggers.previous_secret_until is 'Until when that version is taken; afterwards it is destroyed.';

create table if not exists webhook_deliveries (
  id uuid primary key,
  company_id uuid not null references companies (id) on delete cascade,
  trigger_id uuid not null references routine_triggers (id) on delete cascade,
  received_at timestamptz(3) not null,
  test boolean not null default false,
  outcome text not null check (outcome in ('started', 'repeated', 'coalesced', 'skipped', 'refused')),
  http_status integer not null,
  code text,
  reason text not null,
  body_bytes integer not null check (body_bytes >= 0),
  source_address text,
  previous_key boolean not null default false,
  run_id uuid references routine_runs (id) on delete set null
);
comment on table webhook_deliveries is 'What came to the address of a webhook and what became of it, for a bounded count and age. Neither headers nor bodies.';
comment on index webhook_deliveries_pkey is 'Looks a delivery up by id.';
create index if not exists webhook_deliveries_trigger_ix on webhook_deliveries (trigger_id, received_at desc, id desc);
comment on index webhook_deliveries_trigger_ix is 'Pages the deliveries of a trigger by key, and finds those that are too many.';
create index if not exists webhook_deliveries_run_ix on webhook_deliveries (run_id) where run_id is not null;
comment on index webhook_deliveries_run_ix is 'Lets a run go without a look at all deliveries.';

create table if not exists webhook_nonces (
  trigger_id uuid not null references routine_triggers (id) on delete cascade,
  digest text not null,
  expires_at timestamptz(3) not null,
  primary key (trigger_id, digest)
);
comment on table webhook_nonces is 'Signed deliveries that have started a run, by the SHA-256 of what was signed, for as long as their timestamp could still be taken.';
comment on index webhook_nonces_pkey is 'A signed delivery counts once, even when it comes twice at the same time.';
create index if not exists webhook_nonces_expiry_ix on webhook_nonces (expires_at);
comment on index webhook_nonces_expiry_ix is 'Finds what can be forgotten.';

create index if not exists routine_runs_trigger_ix on routine_runs (trigger_id, triggered_at desc, id desc)
  where trigger_id is not null;
comment on index routine_runs_trigger_ix is 'Pages what a trigger started, and lets a trigger go without a look at all runs.';
