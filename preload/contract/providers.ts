import { oc } from "@orpc/contract";
import { z } from "zod";
import { company, id, instant, line, name, nextCursor, reference, searchText } from "./common.ts";
import { errorMap } from "./errors.ts";
import { provider, secretRecord } from "./secrets.ts";

const area = oc.errors(errorMap);

export type ProviderId = z.infer<typeof provider>;

/** What a secret is called at its provider: a name or an ARN. */
const externalRef = line(2_048);

const providerView = z.object({
  id: provider,
  label: z.string(),
  /** Values can be stored there by this app. */
  managed: z.boolean(),
  /** Secrets that are there already can be linked. */
  external: z.boolean(),
  /** `ready`: a secret can be kept there now; `needs_vault`: once a provider vault is there; `metadata_only`: not in this version. */
  state: z.enum(["ready", "needs_vault", "metadata_only"]),
  /** Why it is not ready, and what to do; null where it is. */
  reason: z.string().nullable(),
  vaults: z.int(),
  defaultVaultId: id.nullable(),
});
export type ProviderView = z.infer<typeof providerView>;

const providerHealth = z.object({
  provider,
  status: z.enum(["ok", "warn", "error"]),
  message: z.string(),
  next: z.string().nullable(),
});
export type ProviderHealth = z.infer<typeof providerHealth>;

const vaultStatus = z.enum(["ready", "warning", "coming_soon", "disabled"]);

export const vaultHealthReport = z.object({
  status: z.enum(["ready", "warning", "coming_soon", "disabled", "error"]),
  /** `ok`, `runtime_locked`, `vault_disabled`, or the class of what the provider answered. */
  code: z.string(),
  message: z.string(),
  next: z.string().nullable(),
  checkedAt: instant,
});
export type VaultHealthReport = z.infer<typeof vaultHealthReport>;

/** The settings of a vault by name; which there are depends on the provider. Never a credential. */
const vaultConfig = z.record(z.string().max(100), z.union([z.string().max(2_048), z.number(), z.boolean()]));

/** Where secrets of a provider live. Holds no credential: the provider's own chain finds those. */
const providerVault = z.object({
  id,
  companyId: id,
  provider,
  name: z.string(),
  status: vaultStatus,
  isDefault: z.boolean(),
  config: vaultConfig,
  /** Secrets that are in it, deleted ones aside. */
  secrets: z.int(),
  health: vaultHealthReport.nullable(),
  createdAt: instant,
  updatedAt: instant,
});
export type ProviderVaultRecord = z.infer<typeof providerVault>;

/** What keeps a remote secret from being imported. */
const importConflict = z.enum(["exact_reference", "name", "key", "provider_guardrail"]);
export type ImportConflict = z.infer<typeof importConflict>;

const remoteSecret = z.object({
  externalRef: z.string(),
  name: z.string(),
  /** The key that it would get here. */
  key: z.string(),
  changedAt: instant.nullable(),
  conflict: importConflict.nullable(),
  /** The conflict in words; null where there is none. */
  reason: z.string().nullable(),
});
export type RemoteSecret = z.infer<typeof remoteSecret>;

const importRow = z.object({
  externalRef,
  key: z.string().trim().min(1).max(200).optional(),
  name: name.optional(),
});
const importedRow = z.object({
  externalRef: z.string(),
  result: z.enum(["imported", "skipped", "error"]),
  conflict: importConflict.nullable(),
  message: z.string().nullable(),
  secret: secretRecord.nullable(),
});
export type ImportedRow = z.infer<typeof importedRow>;

const one = z.object({ company, vault: reference });

export const providers = {
  list: area
    .route({ summary: "Where secrets can be kept, and what is missing for it" })
    .input(z.object({ company }))
    .output(z.object({ providers: z.array(providerView) })),
  health: area
    .route({ summary: "Check each provider; only those with a vault in use are asked" })
    .input(z.object({ company }))
    .output(z.object({ providers: z.array(providerHealth) })),
};

export const providerVaults = {
  list: area
    .route({ summary: "The provider vaults of a company" })
    .input(z.object({ company }))
    .output(z.object({ vaults: z.array(providerVault) })),
  get: area.route({ summary: "One provider vault" }).input(one).output(providerVault),
  create: area
    .route({ summary: "Create a provider vault; it holds no credential" })
    .input(z.object({ company, provider, name, config: vaultConfig, isDefault: z.boolean().optional() }))
    .output(providerVault),
  update: area
    .route({ summary: "Change a provider vault's name, settings or state" })
    .input(
      one.extend({
        name: name.optional(),
        config: vaultConfig.optional(),
        status: z.enum(["ready", "disabled"]).optional(),
      }),
    )
    .output(providerVault),
  setDefault: area
    .route({ summary: "Make a provider vault the one that new secrets of its provider go to" })
    .input(one)
    .output(providerVault),
  remove: area
    .route({ summary: "Remove a provider vault here; nothing is changed at the provider" })
    .input(
      one.extend({
        /** Remove it although secrets are in it, which no run can read any more. */
        leaveSecrets: z.boolean().optional(),
      }),
    )
    .output(z.object({ id, name: z.string(), removed: z.literal(true), secrets: z.int() })),
  health: area.route({ summary: "Check a provider vault and keep the outcome" }).input(one).output(providerVault),
  remoteSecrets: area
    .route({ summary: "What a provider vault holds, page by page, and what could be imported; no value is read" })
    .input(
      one.extend({
        text: searchText.optional(),
        limit: z.int().min(1, "must be at least 1").max(100, "must be at most 100").optional(),
        cursor: z.string().max(8_192).optional(),
      }),
    )
    .output(z.object({ secrets: z.array(remoteSecret), nextCursor })),
  importSecrets: area
    .route({ summary: "Link secrets of a provider vault, row by row; no value is read" })
    .input(one.extend({ rows: z.array(importRow).min(1, "must hold a row").max(100, "must be at most 100 rows") }))
    .output(z.object({ rows: z.array(importedRow), imported: z.int(), skipped: z.int(), errors: z.int() })),
};
