import type { Layer, PreviewEntry, VersionSelector } from "../../preload/contract/environment.ts";
import type { RunFailure } from "../../preload/contract/runs.ts";
import { type ProviderReason, reasonNext, reasonText } from "../secrets/providers/failure.ts";
import type { SizeProblem } from "./limits.ts";

/** A reference that a run cannot be given, with what may be known about it. */
export interface FailedReference {
  readonly code: string;
  readonly key: string;
  readonly layer: Layer;
  readonly secretId: string;
  /** Null where the secret is missing or of another company. */
  readonly secretKey: string | null;
  readonly secretStatus: string | null;
  readonly selector: VersionSelector;
  /** What a provider's answer was, classified; its own text is not known here. */
  readonly reason?: ProviderReason | undefined;
}

/** Why a reference stops the run, said with layer, key and secret, and what to do about it. */
export function referenceFailure(reference: FailedReference): RunFailure {
  const { what, next } = explain(reference);
  return {
    code: reference.code,
    message: `${reference.key} (${reference.layer}): ${what}`,
    next,
    layer: reference.layer,
    key: reference.key,
    secretKey: reference.secretKey,
  };
}

/** The failure that a run of this preview would end with because of one entry, or null where it would get the key. */
export function previewFailure(entry: PreviewEntry): RunFailure | null {
  if (entry.problem === null || entry.secretId === undefined) return null;
  return referenceFailure({
    code: entry.problem,
    key: entry.key,
    layer: entry.layer,
    secretId: entry.secretId,
    secretKey: entry.secretKey ?? null,
    secretStatus: entry.secretStatus ?? null,
    selector: entry.selector ?? "latest",
  });
}

function explain(reference: FailedReference): { what: string; next: string } {
  const { layer, selector } = reference;
  const key = reference.secretKey ?? reference.secretId;
  const secret = `secret "${key}"`;
  const another = `Create a secret and refer to it in the ${layer} env.`;
  switch (reference.code) {
    case "binding_missing":
      return { what: `the ${layer} is not bound to ${secret}.`, next: `Save the ${layer} env again: that binds it.` };
    case "secret_missing":
      return { what: `${secret} does not exist.`, next: another };
    case "secret_foreign":
      return { what: `${secret} is not one of this company.`, next: another };
    case "secret_deleted":
      return { what: `${secret} is deleted.`, next: another };
    case "secret_inactive":
      return {
        what: `${secret} is ${reference.secretStatus ?? "disabled"}.`,
        next: `Enable the secret: \`paperclip-desktop secrets enable ${key}\``,
      };
    case "version_missing":
      return {
        what: selector === "latest" ? `${secret} has no current version.` : `${secret} has no version ${selector}.`,
        next:
          selector === "latest"
            ? `Give it a value: \`paperclip-desktop secrets rotate ${key} --value-stdin\``
            : "Choose a version that exists, or latest.",
      };
    case "version_inactive":
      return {
        what: `${selector === "latest" ? "the latest version" : `version ${selector}`} of ${secret} is disabled or destroyed.`,
        next:
          selector === "latest"
            ? `Go back to an older version or give it a new value: \`paperclip-desktop secrets rollback ${key} --version N\`, ` +
              `\`paperclip-desktop secrets rotate ${key} --value-stdin\``
            : `Enable that version, or choose another one: \`paperclip-desktop secrets show ${key}\``,
      };
    case "vault_locked":
      return {
        what: `${secret} cannot be read while the vault is locked.`,
        next: "See the ways back: `paperclip-desktop secrets health`",
      };
    default:
      if (reference.reason !== undefined) {
        return {
          what: reasonText(`the provider of ${secret}`, reference.reason),
          next: `${reasonNext(reference.reason)} See its state: \`paperclip-desktop providers health\``,
        };
      }
      return {
        what: `the provider of ${secret} did not give it out.`,
        next: "See the state of the provider: `paperclip-desktop providers health`",
      };
  }
}

/** Why an env that is too large for the system stops the run. `layer` is where the one long value comes from. */
export function sizeFailure(problem: SizeProblem, layer: string | null): RunFailure {
  const where = problem.key === null ? "The env of the run" : `${problem.key}${layer === null ? "" : ` (${layer})`}`;
  return {
    code: "env_too_large",
    message: `${where} is too large to start a process with: ${problem.size} of ${problem.limit} bytes.`,
    next: "Hand large values over as a file, and its path as the value.",
    layer,
    key: problem.key,
    secretKey: null,
  };
}
