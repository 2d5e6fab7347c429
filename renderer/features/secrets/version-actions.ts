import type { SecretDetail, SecretVersion } from "../../../preload/contract/secrets.ts";

/** How a version stands: as it is stored, or a number that was reserved for a value that a provider never stored. */
export function standingOf({ status, revokedAt }: SecretVersion): SecretVersion["status"] | "never_stored" {
  return status === "disabled" && revokedAt === null ? "never_stored" : status;
}

export type VersionAction = "rollback" | "disable" | "enable" | "destroy";

/** What can be done to a version, each with the reason why it cannot be done now, or null. */
export function versionActions(
  secret: Pick<SecretDetail, "status" | "provider" | "latestVersion">,
  version: SecretVersion,
  blocked: { readonly change: string | null; readonly value: string | null },
): readonly { readonly action: VersionAction; readonly unavailable: string | null }[] {
  const standing = standingOf(version);
  const isUsable = standing === "current" || standing === "previous";
  const elsewhere = secret.provider === "local_encrypted" ? null : "Its value is kept by the provider.";
  const inactive = secret.status === "active" ? null : "Enable the secret first.";
  return [
    ...(isUsable && version.version !== secret.latestVersion
      ? [{ action: "rollback" as const, unavailable: blocked.value ?? elsewhere ?? inactive }]
      : []),
    ...(isUsable ? [{ action: "disable" as const, unavailable: blocked.change }] : []),
    ...(standing === "disabled" ? [{ action: "enable" as const, unavailable: blocked.change }] : []),
    ...(isUsable || standing === "disabled"
      ? [{ action: "destroy" as const, unavailable: blocked.change ?? elsewhere }]
      : []),
  ];
}
