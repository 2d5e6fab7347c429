import { oc } from "@orpc/contract";
import { z } from "zod";
import {
  actor,
  company,
  description,
  id,
  instant,
  line,
  name,
  nextCursor,
  optionalPage,
  page,
  reference,
  searchText,
  secretValue,
} from "./common.ts";
import { layer, versionSelector } from "./environment.ts";
import { errorMap } from "./errors.ts";

const area = oc.errors(errorMap);

export const secretStatus = z.enum(["active", "disabled", "archived", "deleted"]);
export type SecretStatus = z.infer<typeof secretStatus>;
/** What a list is narrowed to; `all` is every one that is not deleted, and without a status the archived ones are left out too. */
export const secretFilterStatus = z.enum([...secretStatus.options, "all"]);
export type SecretFilterStatus = z.infer<typeof secretFilterStatus>;
const versionStatus = z.enum(["current", "previous", "disabled", "destroyed", "failed"]);
export const provider = z.enum(["local_encrypted", "aws_secrets_manager", "gcp_secret_manager", "vault"]);

/** A secret without its value. No call, event or page ever carries a value back. */
export const secretRecord = z.object({
  id,
  companyId: id,
  key: z.string(),
  name: z.string(),
  description: z.string().nullable(),
  provider,
  status: secretStatus,
  managedMode: z.enum(["paperclip_managed", "external_reference"]),
  /** What the secret is called at its provider; null where the value is sealed here. */
  externalRef: z.string().nullable(),
  /** The provider vault it lives in; null where it is sealed here, or where the vault was removed. */
  vaultId: id.nullable(),
  /** 0: its creation at a provider was interrupted, and nothing can be read; it can be deleted. */
  latestVersion: z.int(),
  /** How many consumers are bound to it. */
  references: z.int(),
  lastResolvedAt: instant.nullable(),
  lastRotatedAt: instant.nullable(),
  createdAt: instant,
  updatedAt: instant,
});
export type SecretRecord = z.infer<typeof secretRecord>;

const secretVersion = z.object({
  version: z.int(),
  status: versionStatus,
  /** The master key that wraps it. */
  keyId: z.string().nullable(),
  note: z.string().nullable(),
  createdBy: actor,
  createdAt: instant,
  /** Null of a disabled one: nobody disabled it; its number was reserved for a value that a provider never stored. */
  revokedAt: instant.nullable(),
});
export type SecretVersion = z.infer<typeof secretVersion>;

const secretDetail = secretRecord.extend({ versions: z.array(secretVersion) });
export type SecretDetail = z.infer<typeof secretDetail>;

const secretUsage = z.object({
  usage: z.array(
    z.object({
      targetType: z.string(),
      targetId: z.string(),
      targetName: z.string().nullable(),
      configPath: z.string(),
      selector: versionSelector,
    }),
  ),
});
export type SecretUsage = z.infer<typeof secretUsage>;

export const accessOutcome = z.enum(["success", "failure"]);
export type AccessOutcome = z.infer<typeof accessOutcome>;

const accessEvent = z.object({
  id,
  sequence: z.int(),
  secretId: z.string().nullable(),
  secretKey: z.string().nullable(),
  secretName: z.string().nullable(),
  version: z.int().nullable(),
  provider: z.string().nullable(),
  actor,
  /** What who asked is called now; null where it has no name, or is gone. */
  actorName: z.string().nullable(),
  consumerType: z.string(),
  consumerId: z.string(),
  /** What it is called now; null where it is gone. */
  consumerName: z.string().nullable(),
  configPath: z.string().nullable(),
  layer: layer.nullable(),
  runId: id.nullable(),
  /** The attempt at the run that asked. */
  attemptId: id.nullable(),
  outcome: accessOutcome,
  errorCode: z.string().nullable(),
  createdAt: instant,
});
export type AccessEvent = z.infer<typeof accessEvent>;

export const vaultState = z.enum(["ready", "locked", "uninitialized"]);
export type VaultState = z.infer<typeof vaultState>;

/** One place that the master key can come from, or the way back without any. */
const keySource = z.object({
  source: z.enum(["environment", "file", "keychain", "recovery"]),
  /**
   * in_use: the key in use is read from here. spare: it is here too. other: another key is here, or the code opens another.
   * absent: nothing is here. unusable: it cannot be read. made, tested: there is a recovery code.
   */
  state: z.enum(["in_use", "spare", "other", "absent", "unusable", "made", "tested"]),
  /** What is there now. */
  message: z.string(),
  /** What it is worth on this system: who can read it. */
  worth: z.string(),
  next: z.string().nullable(),
});
export type KeySourceEntry = z.infer<typeof keySource>;

/** How the vault is, without a look at what is not in use. */
const vaultCondition = z.object({
  state: vaultState,
  keyId: z.string().nullable(),
  expectedKeyId: z.string().nullable(),
  custody: z.enum(["file", "environment", "keychain"]),
  /** ok, warn (it works, and something should be mended), error (the vault is locked or would be). */
  level: z.enum(["ok", "warn", "error"]),
  /** Who can read the key here, in plain words. */
  whoCanRead: z.string(),
  findings: z.array(
    z.object({ level: z.enum(["ok", "warn", "error"]), message: z.string(), next: z.string().nullable() }),
  ),
  counts: z.object({ secrets: z.int(), versions: z.int() }),
});
export type VaultCondition = z.infer<typeof vaultCondition>;

export const vaultHealth = vaultCondition.extend({ sources: z.array(keySource) });
export type VaultHealth = z.infer<typeof vaultHealth>;

/** What the newest accesses say of one version. Only versions that runs have read are listed. */
const versionUse = z.object({
  versions: z.array(
    z.object({
      version: z.int(),
      /** Runs that were given it. */
      runs: z.int(),
      lastUsedAt: instant,
    }),
  ),
  /** How many accesses were looked through, the newest first. */
  accesses: z.int(),
  /** There are older accesses, which are not counted. */
  more: z.boolean(),
});
export type VersionUse = z.infer<typeof versionUse>;

const one = z.object({ company, secret: reference });
const oneVersion = one.extend({ version: z.int().min(1).max(1_000_000) });

export const secrets = {
  list: area
    .route({ summary: "The secrets of a company, never their values" })
    .input(
      z.object({
        company,
        /** Left out: all that are neither archived nor deleted. */
        status: secretFilterStatus.optional(),
        /** A part of the key or the name, whatever the case. */
        text: searchText.optional(),
        provider: provider.optional(),
        ...optionalPage,
      }),
    )
    .output(z.object({ secrets: z.array(secretRecord), nextCursor })),
  get: area.route({ summary: "One secret with its versions" }).input(one).output(secretDetail),
  create: area
    .route({ summary: "Create a secret" })
    .input(
      z.object({
        company,
        key: z.string().trim().min(1, "must not be empty").max(200, "must be at most 200 characters"),
        name: name.optional(),
        description: description.optional(),
        /** Where the value is kept; left out, it is sealed on this machine. */
        provider: provider.optional(),
        /** The provider vault; left out, the default one of the provider. */
        vault: reference.optional(),
        value: secretValue,
      }),
    )
    .output(secretRecord),
  link: area
    .route({ summary: "Link a secret that is kept at a provider; its value is read there at each run" })
    .input(
      z.object({
        company,
        provider: provider.optional(),
        vault: reference.optional(),
        /** A name or an ARN. */
        externalRef: line(2_048),
        key: z.string().trim().min(1, "must not be empty").max(200, "must be at most 200 characters"),
        name: name.optional(),
        description: description.optional(),
      }),
    )
    .output(secretRecord),
  rotate: area
    .route({ summary: "Give a secret a new value, as a new version" })
    .input(one.extend({ value: secretValue, note: z.string().max(500).optional() }))
    .output(secretRecord),
  rollback: area
    .route({ summary: "Give a secret the value of an older version, as a new version" })
    .input(oneVersion)
    .output(secretDetail),
  disableVersion: area
    .route({ summary: "Stop one version from being used; `latest` never falls back to an older one" })
    .input(oneVersion)
    .output(secretDetail),
  enableVersion: area.route({ summary: "Let a disabled version be used again" }).input(oneVersion).output(secretDetail),
  destroyVersion: area
    .route({ summary: "Destroy the value of one version for good; its number is never used again" })
    .input(oneVersion)
    .output(secretDetail),
  versionUse: area
    .route({ summary: "Which versions of a secret runs were given, when last, and how many runs" })
    .input(one)
    .output(versionUse),
  update: area
    .route({ summary: "Change a secret's name or description" })
    .input(one.extend({ name: name.optional(), description: description.nullable().optional() }))
    .output(secretRecord),
  disable: area
    .route({ summary: "Stop a secret from being used; runs that need it are refused" })
    .input(one)
    .output(secretRecord),
  enable: area.route({ summary: "Let a disabled or archived secret be used again" }).input(one).output(secretRecord),
  archive: area
    .route({ summary: "Put a secret away; it is not used and not listed by default" })
    .input(one)
    .output(secretRecord),
  delete: area
    .route({ summary: "Delete a secret and its versions; its access events stay" })
    .input(one)
    .output(
      z.object({
        id,
        key: z.string(),
        deleted: z.literal(true),
        /** Of a secret at a provider: whether its value there was deleted too. */
        providerCopy: z.enum(["deleted", "kept"]).optional(),
      }),
    ),
  usage: area.route({ summary: "Who is bound to a secret" }).input(one).output(secretUsage),
  events: area
    .route({
      summary:
        "Access events, newest first; they survive their secret. A page may be empty and have a next one, where few fit",
    })
    .input(
      z.object({
        company,
        secret: reference.optional(),
        run: id.optional(),
        outcome: accessOutcome.optional(),
        errorCode: reference.optional(),
        /** Such as `routine`, and its id. */
        consumerType: reference.optional(),
        consumerId: reference.optional(),
        /** The id of who asked, such as an agent's. */
        actor: reference.optional(),
        version: z.int().min(1).max(2_147_483_647).optional(),
        since: instant.optional(),
        until: instant.optional(),
        ...page,
      }),
    )
    .output(z.object({ events: z.array(accessEvent), nextCursor })),
  health: area.route({ summary: "State of the vault and of the master key, and who can read it" }).output(vaultHealth),
};
