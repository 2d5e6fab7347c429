import type { VersionSelector } from "../../../preload/contract/environment.ts";
import type { ErrorCode } from "../../../preload/contract/errors.ts";
import type { SecretDetail, VaultState } from "../../../preload/contract/secrets.ts";

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
  if (version.status !== "current" && version.status !== "previous") {
    return { code: "version_inactive", what: `v${version.version} ${version.status}` };
  }
  return vault === "locked" ? { code: "vault_locked", what: "vault locked" } : null;
}

/** The version that a selector stands for, whether it is there or not. */
export function versionRead(secret: SecretDetail, selector: VersionSelector): number {
  return selector === "latest" ? secret.latestVersion : selector;
}
