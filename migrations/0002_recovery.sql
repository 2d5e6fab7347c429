-- Recovery of the master key: a copy of it, encrypted to the public half of a code that the operator keeps.

create table if not exists vault_recoveries (
  id uuid primary key,
  state text not null default 'active' check (state in ('active', 'replaced')),
  recipient text not null,
  key_id text not null,
  sealed_key text,
  created_at timestamptz(3) not null default now(),
  tested_at timestamptz(3),
  replaced_at timestamptz(3),
  check ((state = 'active') = (sealed_key is not null))
);
comment on table vault_recoveries is 'Recovery codes: the public half (recipient), and while active the master key key_id in the age format under it. The code itself is nowhere.';
comment on index vault_recoveries_pkey is 'Looks a recovery up by id.';
create unique index if not exists vault_recoveries_active_uq on vault_recoveries (state) where state = 'active';
comment on index vault_recoveries_active_uq is 'One recovery code is in force.';
create unique index if not exists vault_recoveries_recipient_uq on vault_recoveries (recipient);
comment on index vault_recoveries_recipient_uq is 'Knows a code of before again, to say when it was replaced.';
