import type { VersionSelector } from "../../../preload/contract/environment.ts";
import type { ErrorCode } from "../../../preload/contract/errors.ts";
import type { SecretDetail, SecretVersion, VaultState } from "../../../preload/contract/secrets.ts";
import type { Option } from "../../ui/field.tsx";

/** What is known about a secret that an env refers to. */
export type SecretState =
  | { readonly kind: "asked" }
  | { readonly kind: "there"; readonly secret: SecretDetail }
  | { readonly kind: "gone"; readonly reason: "secret_missing" | "secret_foreign" }
  | { readonly kind: "unknown" };

export interface ReferenceProblem {
  readonly code: ErrorCode;
  /** What is the case, as a few words behind the name of the secret. */
  readonly what: string;
}

/** The first characters of an id, for what has no name any more. */
export function shortId(id: string): string {
  return id.slice(0, 8);
}

/**
 * Why a run started now would be refused this reference, in the order in which the control plane judges, or null. What is
 * not known yet is no problem.
 */
export function referenceProblem(
  state: SecretState,
  selector: VersionSelector,
  vault: VaultState | undefined,
): ReferenceProblem | null {
  if (state.kind === "gone") {
    return state.reason === "secret_foreign"
      ? { code: "secret_foreign", what: "of another company" }
      : { code: "secret_missing", what: "missing" };
  }
  if (state.kind !== "there") return null;
  const { secret } = state;
  if (secret.status === "deleted") return { code: "secret_deleted", what: "deleted" };
  if (secret.status !== "active") return { code: "secret_inactive", what: secret.status };
  const number = versionRead(secret, selector);
  const version = secret.versions.find((each) => each.version === number);
  if (version === undefined) {
    return { code: "version_missing", what: selector === "latest" ? "no version" : `no v${selector}` };
  }
  if (!isUsable(version)) {
    return { code: "version_inactive", what: `v${version.version} ${versionStanding(version)}` };
  }
  return vault === "locked" ? { code: "vault_locked", what: "vault locked" } : null;
}

/** Whether a run would be given it. */
function isUsable({ status }: SecretVersion): boolean {
  return status === "current" || status === "previous";
}

/** How a version stands that is not usable; a number that was only reserved at a provider was never stored. */
function versionStanding({ status, revokedAt }: SecretVersion): string {
  return status === "disabled" && revokedAt === null ? "never stored" : status;
}

/** What an env can say of a secret: the latest version or one that is pinned, each with what is wrong with it. */
export function versionOptions(secret: SecretDetail, chosen: VersionSelector): readonly Option[] {
  const { versions, latestVersion } = secret;
  const known = versions.toSorted((one, other) => other.version - one.version);
  const isThere = chosen === "latest" || known.some(({ version }) => version === chosen);
  const newest = known.find(({ version }) => version === latestVersion);
  const label = (version: SecretVersion) =>
    isUsable(version) ? `v${version.version}` : `v${version.version} · ${versionStanding(version)}`;
  return [
    { id: "latest", label: newest === undefined ? "latest" : `latest → ${label(newest)}` },
    ...(isThere ? [] : [{ id: String(chosen), label: `v${chosen} · missing` }]),
    ...known.map((version) => ({ id: String(version.version), label: label(version) })),
  ];
}

/** The version that a selector stands for, whether it is there or not. */
export function versionRead(secret: SecretDetail, selector: VersionSelector): number {
  return selector === "latest" ? secret.latestVersion : selector;
}
