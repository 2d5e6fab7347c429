-- What a restore or its undo holds back until the operator releases it.

create table if not exists restore_holds (
  id uuid primary key,
  kind text not null check (kind in ('restore', 'undo')),
  source text not null,
  state_of timestamptz(3) not null,
  began_at timestamptz(3) not null,
  released_at timestamptz(3)
);
comment on table restore_holds is 'Each time this database was put in place by a restore or an undo. Until it is released nothing starts by itself: no slot, no run queued up to began_at, no webhook. state_of says of when the rows are.';
comment on index restore_holds_pkey is 'Tells one from another.';
create unique index if not exists restore_holds_open_uq on restore_holds ((released_at is null)) where released_at is null;
comment on index restore_holds_open_uq is 'Finds the one that holds; there is one at most.';

alter table scheduler_coverage drop constraint if exists scheduler_coverage_ended_by_check;
alter table scheduler_coverage add constraint scheduler_coverage_ended_by_check
  check (ended_by in ('stopped', 'slept', 'clock_back', 'lost', 'restored'));
