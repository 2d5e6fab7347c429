-- When a scheduler was awake, and how many missed slots of a trigger may run afterwards.

alter table routine_triggers add column if not exists missed_cap integer not null default 25 check (missed_cap between 1 and 100);
comment on column routine_triggers.missed_cap is 'Of missed slots, the newest so many run where the routine says enqueue_missed_with_cap.';

create table if not exists scheduler_coverage (
  id uuid primary key,
  instance_root text not null,
  hostname text not null,
  pid integer not null,
  began_at timestamptz(3) not null,
  covered_until timestamptz(3) not null,
  ended_by text check (ended_by in ('stopped', 'slept', 'clock_back', 'lost'))
);
comment on table scheduler_coverage is 'Stretches in which a scheduler was awake. Between two of them nobody was, and ended_by of the first says why; null while it goes on.';
comment on index scheduler_coverage_pkey is 'Goes on with the stretch that is open.';
create index if not exists scheduler_coverage_began_ix on scheduler_coverage (began_at desc);
comment on index scheduler_coverage_began_ix is 'Lists stretches, newest first; finds the one before an instant.';
