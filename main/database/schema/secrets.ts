import { bigint, boolean, integer, jsonb, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { createdAt, createdBy, instant, primaryId, updatedAt } from "./columns.ts";
import { companies, type Json } from "./work.ts";

const companyId = () =>
  uuid("company_id")
    .notNull()
    .references(() => companies.id, { onDelete: "cascade" });

/** `wrapped_key` and `material` are a SealedBox and a VersionMaterial of main/secrets; this floor does not know them. */
export const vaultKeys = pgTable("vault_keys", {
  id: primaryId(),
  purpose: text("purpose", { enum: ["master", "fingerprint", "audit"] }).notNull(),
  keyId: text("key_id").notNull(),
  state: text("state", { enum: ["active", "retired"] })
    .notNull()
    .default("active"),
  checkValue: text("check_value"),
  wrappedBy: text("wrapped_by"),
  wrappedKey: jsonb("wrapped_key").$type<Json>(),
  createdAt: createdAt(),
  retiredAt: instant("retired_at"),
});

/** `sealed_key` is the text of the master key's file in the `age` format, armoured, encrypted to `recipient`. */
export const vaultRecoveries = pgTable("vault_recoveries", {
  id: primaryId(),
  state: text("state", { enum: ["active", "replaced"] })
    .notNull()
    .default("active"),
  recipient: text("recipient").notNull(),
  keyId: text("key_id").notNull(),
  sealedKey: text("sealed_key"),
  createdAt: createdAt(),
  testedAt: instant("tested_at"),
  replacedAt: instant("replaced_at"),
});

export const companySecretProviderConfigs = pgTable("company_secret_provider_configs", {
  id: primaryId(),
  companyId: companyId(),
  provider: text("provider").notNull(),
  displayName: text("display_name").notNull(),
  status: text("status", { enum: ["ready", "warning", "coming_soon", "disabled"] })
    .notNull()
    .default("ready"),
  isDefault: boolean("is_default").notNull().default(false),
  config: jsonb("config").$type<Json>().notNull().default({}),
  healthStatus: text("health_status"),
  healthCheckedAt: instant("health_checked_at"),
  healthMessage: text("health_message"),
  healthDetails: jsonb("health_details").$type<Json>(),
  disabledAt: instant("disabled_at"),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
});

export const companySecrets = pgTable("company_secrets", {
  id: primaryId(),
  companyId: companyId(),
  key: text("key").notNull(),
  name: text("name").notNull(),
  description: text("description"),
  provider: text("provider", { enum: ["local_encrypted", "aws_secrets_manager", "gcp_secret_manager", "vault"] })
    .notNull()
    .default("local_encrypted"),
  status: text("status", { enum: ["active", "disabled", "archived", "deleted"] })
    .notNull()
    .default("active"),
  managedMode: text("managed_mode", { enum: ["paperclip_managed", "external_reference"] })
    .notNull()
    .default("paperclip_managed"),
  externalRef: text("external_ref"),
  providerConfigId: uuid("provider_config_id").references(() => companySecretProviderConfigs.id, {
    onDelete: "set null",
  }),
  providerMetadata: jsonb("provider_metadata").$type<Json>(),
  latestVersion: integer("latest_version").notNull().default(1),
  lastResolvedAt: instant("last_resolved_at"),
  lastRotatedAt: instant("last_rotated_at"),
  deletedAt: instant("deleted_at"),
  ...createdBy(),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
});

export const companySecretVersions = pgTable("company_secret_versions", {
  id: primaryId(),
  companyId: companyId(),
  secretId: uuid("secret_id")
    .notNull()
    .references(() => companySecrets.id, { onDelete: "cascade" }),
  version: integer("version").notNull(),
  status: text("status", { enum: ["current", "previous", "disabled", "destroyed", "failed"] })
    .notNull()
    .default("current"),
  keyId: text("key_id"),
  material: jsonb("material").$type<Json>(),
  fingerprint: text("fingerprint"),
  providerVersionRef: text("provider_version_ref"),
  note: text("note"),
  ...createdBy(),
  createdAt: createdAt(),
  revokedAt: instant("revoked_at"),
});

export const companySecretBindings = pgTable("company_secret_bindings", {
  id: primaryId(),
  companyId: companyId(),
  secretId: uuid("secret_id")
    .notNull()
    .references(() => companySecrets.id, { onDelete: "cascade" }),
  targetType: text("target_type", {
    enum: ["agent", "project", "environment", "routine", "plugin", "issue", "run", "system"],
  }).notNull(),
  targetId: text("target_id").notNull(),
  configPath: text("config_path").notNull(),
  versionSelector: text("version_selector").notNull().default("latest"),
  required: boolean("required").notNull().default(true),
  label: text("label"),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
});

export const secretAccessHeads = pgTable("secret_access_heads", {
  companyId: uuid("company_id")
    .primaryKey()
    .references(() => companies.id, { onDelete: "cascade" }),
  lastSequence: bigint("last_sequence", { mode: "number" }).notNull().default(0),
  sealedSequence: bigint("sealed_sequence", { mode: "number" }).notNull().default(0),
  sealedHead: text("sealed_head"),
});

export const secretAccessEvents = pgTable("secret_access_events", {
  id: primaryId(),
  companyId: uuid("company_id").notNull(),
  sequence: bigint("sequence", { mode: "number" }).notNull(),
  secretId: uuid("secret_id"),
  secretKey: text("secret_key"),
  secretName: text("secret_name"),
  version: integer("version"),
  provider: text("provider"),
  actorType: text("actor_type", { enum: ["agent", "user", "system", "plugin"] }).notNull(),
  actorId: text("actor_id"),
  consumerType: text("consumer_type").notNull(),
  consumerId: text("consumer_id").notNull(),
  configPath: text("config_path"),
  layer: text("layer", { enum: ["agent", "project", "routine"] }),
  issueId: uuid("issue_id"),
  routineRunId: uuid("routine_run_id"),
  heartbeatRunId: uuid("heartbeat_run_id"),
  pluginId: uuid("plugin_id"),
  outcome: text("outcome", { enum: ["success", "failure"] }).notNull(),
  errorCode: text("error_code"),
  createdAt: createdAt(),
  seal: text("seal"),
});
