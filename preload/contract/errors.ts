import { z } from "zod";

/**
 * Every expected failure, by area, with the HTTP class that names its kind: 400 bad request, 404 not found, 409
 * conflict, 413 too large, 422 semantically invalid, 423 locked, 503 unavailable. The set is closed: what is not here is
 * unexpected and is shown as one screen.
 */
export const errorClasses = {
  // any area
  invalid_input: 422,
  not_available: 501,
  // instance
  instance_invalid: 422,
  instance_owned: 409,
  instance_unjudgeable: 409,
  instance_permissions: 422,
  config_invalid: 422,
  disk_full: 503,
  owner_gone: 503,
  // database
  database_unavailable: 503,
  read_only: 409,
  database_unmarked: 409,
  database_foreign: 409,
  database_newer: 409,
  database_major: 409,
  database_too_old: 409,
  database_encoding: 409,
  migration_edited: 409,
  migration_missing: 409,
  migration_order: 409,
  migrations_pending: 409,
  // work
  company_missing: 404,
  company_ambiguous: 422,
  company_taken: 409,
  agent_missing: 404,
  agent_inactive: 409,
  project_missing: 404,
  name_taken: 409,
  name_ambiguous: 422,
  adapter_invalid: 422,
  command_missing: 422,
  // secrets
  secret_missing: 404,
  secret_foreign: 422,
  secret_deleted: 404,
  secret_inactive: 422,
  secret_taken: 409,
  secret_value_invalid: 422,
  secret_in_use: 409,
  binding_missing: 422,
  version_missing: 404,
  version_inactive: 422,
  version_current: 409,
  provider_error: 502,
  vault_locked: 423,
  key_invalid: 422,
  key_fixed: 409,
  keychain_unavailable: 503,
  key_missing: 404,
  key_in_use: 409,
  key_rotating: 409,
  vault_open: 409,
  vault_uninitialized: 409,
  recovery_missing: 409,
  recovery_code_invalid: 422,
  recovery_code_wrong: 422,
  // providers: what another store of secrets answered, classified; its own text goes no further
  access_denied: 403,
  throttled: 429,
  not_found: 404,
  conflict: 409,
  invalid_request: 422,
  provider_unavailable: 503,
  provider_vault_missing: 404,
  provider_vault_foreign: 422,
  provider_vault_unusable: 422,
  provider_vault_in_use: 409,
  external_reference: 422,
  // environment
  env_key_invalid: 422,
  env_key_reserved: 422,
  env_value_invalid: 422,
  env_plain_secret: 422,
  env_too_large: 422,
  // routines
  routine_missing: 404,
  routine_archived: 409,
  routine_paused: 409,
  routine_without_agent: 422,
  revision_missing: 404,
  revision_stale: 409,
  revision_current: 409,
  variable_missing: 422,
  variable_invalid: 422,
  cron_invalid: 422,
  zone_unknown: 422,
  trigger_missing: 404,
  trigger_invalid: 422,
  slot_missing: 404,
  slots_too_many: 422,
  trigger_disabled: 409,
  // runs
  run_missing: 404,
  /** Saved filters of the history of runs. */
  view_missing: 404,
  views_too_many: 422,
  run_finished: 409,
  run_active: 409,
  run_unstarted: 409,
  log_missing: 404,
  // backups
  backup_missing: 404,
  backup_running: 409,
  backup_cancelled: 409,
  backup_timed_out: 503,
  backup_invalid: 422,
  backup_newer: 409,
  backup_changed: 409,
  backup_sealed: 422,
  passphrase_wrong: 422,
  passphrase_weak: 422,
  // restore
  restore_running: 409,
  restore_not_empty: 409,
  restore_shared: 409,
  restore_not_held: 409,
  restore_missing: 404,
} as const;

export type ErrorCode = keyof typeof errorClasses;

/** What a refusal carries beside its code and message: the field that is wrong, the next step, and named facts. */
export const errorData = z.object({
  /** Messages by field path, such as `env.GH_TOKEN` or `name`. */
  fields: z.record(z.string(), z.string()).optional(),
  /** What the operator can do now. */
  next: z.string().optional(),
  /** Facts that a screen or script may use: layer, key, secret, expected key id. Never a value. */
  details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).optional(),
});

export type ErrorData = z.infer<typeof errorData>;

/** The whole union as oRPC wants it: each procedure may end with any of these codes. */
export const errorMap = Object.fromEntries(
  Object.entries(errorClasses).map(([code, status]) => [code, { status, data: errorData }]),
) as { [Code in ErrorCode]: { status: number; data: typeof errorData } };
