-- Runs: back-off and limits per routine, logs that retention removes, text search in the history, saved views of it.

alter table routines alter column retry set default
  '{"maxAttempts": 1, "backoffSeconds": 30, "backoffFactor": 2, "backoffCapSeconds": 86400, "jitter": 0, "onInterruption": false}';
alter table routines add column if not exists limits jsonb not null default '{"timeoutSeconds": null, "logLimitBytes": null}';
comment on column routines.limits is 'What a run may take; null means the time-out of its agent, and the log limit of the app.';
-- What an earlier version went by without saying it.
update routines set retry = '{"backoffFactor": 2, "backoffCapSeconds": 86400, "jitter": 0}'::jsonb || retry;
update routine_revisions set snapshot = '{"limits": {"timeoutSeconds": null, "logLimitBytes": null}}'::jsonb || jsonb_set(
  snapshot, '{retry}', '{"backoffFactor": 2, "backoffCapSeconds": 86400, "jitter": 0}'::jsonb || coalesce(snapshot -> 'retry', '{}'));

alter table routine_runs
  add column if not exists backoff_factor double precision not null default 2 check (backoff_factor between 1 and 10),
  add column if not exists backoff_cap_seconds integer not null default 86400 check (backoff_cap_seconds > 0),
  add column if not exists backoff_jitter double precision not null default 0 check (backoff_jitter between 0 and 1),
  add column if not exists timeout_seconds integer check (timeout_seconds > 0),
  add column if not exists log_limit_bytes bigint check (log_limit_bytes > 0),
  add column if not exists no_retry text check (no_retry in ('routine_paused', 'routine_archived'));
comment on column routine_runs.no_retry is 'Why a run that had attempts left is not tried again by itself.';

alter table heartbeat_runs
  add column if not exists log_removed_at timestamptz(3),
  add column if not exists log_removed_for text check (log_removed_for in ('age', 'size'));
comment on column heartbeat_runs.log_removed_at is 'When retention took the log away. Set before the file goes; log_path becomes null once it is gone.';
create index if not exists heartbeat_runs_logs_ix on heartbeat_runs (finished_at, id) include (log_bytes)
  where log_bytes > 0 and log_path is not null and log_removed_at is null;
comment on index heartbeat_runs_logs_ix is 'Logs that are kept, the oldest first, with their sizes: what retention looks at.';
create index if not exists heartbeat_runs_removed_ix on heartbeat_runs (log_removed_at)
  where log_removed_at is not null and log_path is not null;
comment on index heartbeat_runs_removed_ix is 'Logs whose removal was decided and not finished.';

-- Marks become spaces, so that paths, names and numbers fall into words. An index is built without a search path, so that
-- neither function can ask another one for that.
create or replace function run_words(title text, skip_reason text, held_reason text, failure jsonb, log_excerpt text)
  returns tsvector language sql immutable parallel safe cost 1000 as $$
  select to_tsvector('simple'::regconfig, translate(lower(concat_ws(' ', title, skip_reason, held_reason,
    failure ->> 'code', failure ->> 'message', log_excerpt)), $marks$!"#$%&'()*+,-./:;<=>?@[\]^_`{|}~$marks$, repeat(' ', 32)))
$$;
comment on function run_words is 'The words of a run by which the history finds it, in lower case.';
create or replace function words_query(searched text) returns tsquery language sql immutable parallel safe as $$
  select to_tsquery('simple'::regconfig, '''' || regexp_replace(regexp_replace(btrim(translate(lower(searched),
    $marks$!"#$%&'()*+,-./:;<=>?@[\]^_`{|}~$marks$, repeat(' ', 32)), E' \t\n\r'),
    '(\S)\s+\S{1,2}$', '\1'), '\s+', ''' & ''', 'g') || ''':*')
$$;
comment on function words_query is 'Finds what holds all words of a text, the last one as the beginning of a word. A last one of one or two signs begins too many words, and is left to the comparison of texts that follows.';
create index if not exists routine_runs_words_ix on routine_runs
  using gin (run_words(title, skip_reason, held_reason, failure, log_excerpt)) with (gin_pending_list_limit = 512);
comment on index routine_runs_words_ix is 'Finds runs by words of title, reason and log excerpt.';
create index if not exists routine_runs_agent_ix
  on routine_runs (agent_id, source, status, triggered_at desc, id desc);
comment on index routine_runs_agent_ix is 'Pages the history of an agent by key, of each source and status.';
create index if not exists routine_runs_routine_source_ix
  on routine_runs (routine_id, source, status, triggered_at desc, id desc);
comment on index routine_runs_routine_source_ix is 'Pages the history of a routine by key, of each source and status.';
create index if not exists routine_runs_source_ix
  on routine_runs (company_id, source, status, triggered_at desc, id desc);
comment on index routine_runs_source_ix is 'Pages the history by what started runs, of each status.';

create table if not exists run_views (
  id uuid primary key,
  company_id uuid not null references companies (id) on delete cascade,
  name text not null,
  filters jsonb not null,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now()
);
comment on table run_views is 'Filters of the history of runs that an operator keeps under a name.';
comment on index run_views_pkey is 'Looks a view up by id.';
create unique index if not exists run_views_name_uq on run_views (company_id, lower(name));
comment on index run_views_name_uq is 'A name means one view of a company.';
