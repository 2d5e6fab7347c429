-- Whether all schedules are paused.

create table if not exists scheduler_pause (
  single boolean primary key default true check (single),
  paused_at timestamptz(3) not null
);
comment on table scheduler_pause is 'Its one row is there while all schedules of the database are paused, and says since when.';
comment on index scheduler_pause_pkey is 'There is one row at most.';
