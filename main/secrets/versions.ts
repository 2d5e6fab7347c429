import { and, eq } from "drizzle-orm";
import type { SecretDetail } from "../../preload/contract/secrets.ts";
import { asRefusal, Refusal } from "../contract/refusal.ts";
import type { Executor } from "../database/database.ts";
import { companySecretVersions } from "../database/schema/secrets.ts";
import { getSecret } from "./listing.ts";
import { lockSecret, type SecretRow } from "./lookup.ts";
import { versionMaterial } from "./sealing.ts";
import { appendVersion, changeSecret, recordSecret, requireActive, type StoreServices } from "./store.ts";
import type { Vault } from "./vault.ts";

type VersionRow = typeof companySecretVersions.$inferSelect;

export interface VersionInput {
  readonly companyId: string;
  readonly secret: string;
  readonly version: number;
}

/**
 * Refuses one version to runs until it is enabled again. `latest` keeps meaning the newest number, so with the newest
 * version disabled it is refused too, and never falls back to an older value unseen. Needs no key. Disabling a disabled
 * version changes nothing; a destroyed one, or one that was never stored whole, is refused with `version_inactive`.
 */
export async function disableVersion(services: StoreServices, input: VersionInput): Promise<SecretDetail> {
  return changing(services, input, async (tx, secret, version) => {
    if (version.status === "disabled") return;
    if (version.status !== "current" && version.status !== "previous") throw inactive(secret, version, "disabled");
    const now = services.clock.now();
    await write(tx, version, { status: "disabled", revokedAt: now });
    await finish(tx, services, secret, "secret.version_disabled", version.version);
  });
}

/**
 * Lets a disabled version be used again; the newest becomes the current one. Refuses with `version_inactive` a destroyed
 * one, and one that was reserved for a value that a provider never stored: there is nothing behind its number.
 */
export async function enableVersion(services: StoreServices, input: VersionInput): Promise<SecretDetail> {
  return changing(services, input, async (tx, secret, version) => {
    if (version.status === "current" || version.status === "previous") return;
    if (version.status !== "disabled") throw inactive(secret, version, "enabled");
    if (isReservation(secret, version)) throw neverStored(secret, version);
    const status = version.version === secret.latestVersion ? "current" : "previous";
    await write(tx, version, { status, revokedAt: null });
    await finish(tx, services, secret, "secret.version_enabled", version.version);
  });
}

/**
 * Removes the material and the fingerprint of one version for good. Its row stays as destroyed, so that its number is
 * never used again and its past can be read. Needs no key. Destroying it again changes nothing. Refuses with
 * `not_available` where another provider keeps the value.
 */
export async function destroyVersion(services: StoreServices, input: VersionInput): Promise<SecretDetail> {
  return changing(services, input, async (tx, secret, version) => {
    if (version.status === "destroyed") return;
    requireLocal(secret, "destroyed", "Destroy it at the provider, or disable the version here.");
    const revokedAt = version.revokedAt ?? services.clock.now();
    await write(tx, version, { status: "destroyed", revokedAt, material: null, fingerprint: null, keyId: null });
    await finish(tx, services, secret, "secret.version_destroyed", version.version);
  });
}

/**
 * Gives a secret the value of an older version, as a new version with the note `value of version N`. The value is opened
 * and sealed anew here and goes nowhere else. Refuses with `secret_inactive` unless the secret is active, with
 * `version_inactive` what is disabled or destroyed, with `version_current` where the newest version has that value
 * already, and with `vault_locked`.
 */
export async function rollbackSecret(services: StoreServices, input: VersionInput): Promise<SecretDetail> {
  // Not `makeReady`: there is nothing to roll back where there has never been a key, so none is made.
  if (services.vault.state() !== "ready") await services.vault.reload();
  return changing(services, input, async (tx, secret, version) => {
    requireActive(secret);
    requireLocal(secret, "brought back", "Change the value at the provider.");
    if (version.status !== "current" && version.status !== "previous") throw inactive(secret, version, "brought back");
    const newest = await versionOf(tx, secret, secret.latestVersion);
    if (newest.version === version.version || newest.fingerprint === version.fingerprint) {
      throw alreadyNewest(secret, version, newest);
    }
    const value = await open(services.vault, version);
    const row = await appendVersion(tx, services, secret, value, `value of version ${version.version}`);
    await recordSecret(tx, services.actor, row, "secret.rolled_back", {
      version: row.latestVersion,
      ofVersion: version.version,
    });
  });
}

/** Does the work on one version while the row of its secret is locked, and answers with the secret as it is then. */
async function changing(
  { executor }: StoreServices,
  input: VersionInput,
  work: (tx: Executor, secret: SecretRow, version: VersionRow) => Promise<void>,
): Promise<SecretDetail> {
  return executor.transaction(async (tx) => {
    const secret = await lockSecret(tx, input.companyId, input.secret);
    await work(tx, secret, await versionOf(tx, secret, input.version));
    return getSecret(tx, input.companyId, secret.id);
  });
}

async function versionOf(tx: Executor, secret: SecretRow, version: number): Promise<VersionRow> {
  const [row] = await tx
    .select()
    .from(companySecretVersions)
    .where(and(eq(companySecretVersions.secretId, secret.id), eq(companySecretVersions.version, version)));
  if (row) return row;
  throw new Refusal("version_missing", `Nothing was changed: the secret "${secret.key}" has no version ${version}.`, {
    next: `Its newest is ${secret.latestVersion}: \`paperclip-desktop secrets show ${secret.key}\``,
    fields: { version: "does not exist" },
    details: { secret: secret.key, version, latest: secret.latestVersion },
  });
}

async function write(tx: Executor, { id }: VersionRow, values: Partial<VersionRow>): Promise<void> {
  await tx.update(companySecretVersions).set(values).where(eq(companySecretVersions.id, id));
}

async function finish(
  tx: Executor,
  { clock, actor }: StoreServices,
  secret: SecretRow,
  action: `secret.${string}`,
  version: number,
): Promise<void> {
  await recordSecret(tx, actor, await changeSecret(tx, secret, { updatedAt: clock.now() }), action, { version });
}

async function open(vault: Vault, { companyId, secretId, version, material }: VersionRow): Promise<string> {
  const parsed = versionMaterial.safeParse(material);
  try {
    if (parsed.success) return await vault.open({ companyId, secretId, version }, parsed.data);
  } catch (error) {
    if (asRefusal(error)) throw error;
    // Whatever the cipher says is of no use to an operator.
  }
  throw new Refusal("provider_error", `Nothing was changed: the value of version ${version} cannot be opened.`, {
    next: "See the state of the vault: `paperclip-desktop secrets health`",
    fields: { version: "cannot be opened" },
  });
}

function requireLocal(secret: SecretRow, done: string, next: string): void {
  if (secret.provider === "local_encrypted") return;
  throw new Refusal(
    "not_available",
    `No version of "${secret.key}" was ${done}: its values are kept by ${secret.provider}.`,
    { next, fields: { secret: `is kept by ${secret.provider}` } },
  );
}

/** Whether a number was only reserved: nobody revoked it, and no value was ever stored under it as far as is known. */
function isReservation(secret: SecretRow, { version, revokedAt }: VersionRow): boolean {
  return revokedAt === null || version > secret.latestVersion;
}

function neverStored(secret: SecretRow, { version }: VersionRow): Refusal {
  const next =
    secret.latestVersion === 0
      ? `Delete what is left of its creation: \`paperclip-desktop secrets delete ${secret.key}\``
      : `Rotate it where a new value is wanted: \`paperclip-desktop secrets rotate ${secret.key} --value-stdin\``;
  return new Refusal(
    "version_inactive",
    `Version ${version} of the secret "${secret.key}" was not enabled: its value was never stored at the provider.`,
    {
      next,
      fields: { version: "was never stored" },
      details: { secret: secret.key, version, latest: secret.latestVersion },
    },
  );
}

/** What a version in this state cannot become, and the way to a value that runs can have. */
function inactive(secret: SecretRow, { version, status }: VersionRow, done: string): Refusal {
  const enable = `Enable it first: \`paperclip-desktop secrets enable ${secret.key} --version ${version}\``;
  const anew = `Roll back to a usable version, or rotate: \`paperclip-desktop secrets rotate ${secret.key} --value-stdin\``;
  return new Refusal(
    "version_inactive",
    `Version ${version} of the secret "${secret.key}" was not ${done}: it is ${status}.`,
    {
      next: status === "disabled" ? enable : anew,
      fields: { version: `is ${status}` },
      details: { secret: secret.key, version, status },
    },
  );
}

function alreadyNewest(secret: SecretRow, version: VersionRow, newest: VersionRow): Refusal {
  const same =
    newest.version === version.version ? "is the newest" : `has the value of the newest, version ${newest.version}`;
  const usable = newest.status === "current";
  return new Refusal(
    "version_current",
    `The secret "${secret.key}" got no new version: version ${version.version} ${same}${usable ? "" : `, which is ${newest.status}`}.`,
    {
      next: usable
        ? "Choose a version with another value; nothing is needed for this one."
        : `Enable it: \`paperclip-desktop secrets enable ${secret.key} --version ${newest.version}\``,
      fields: { version: same },
      details: { secret: secret.key, version: version.version, latest: newest.version },
    },
  );
}
