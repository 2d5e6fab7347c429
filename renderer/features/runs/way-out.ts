import type { RunDetail, RunFailure } from "../../../preload/contract/runs.ts";

/** Where the panel mends what stopped a run. */
export type WayOut =
  | { readonly to: "secret"; readonly secret: string }
  | { readonly to: "layer"; readonly layer: "agent" | "project" | "routine" }
  | { readonly to: "agent" }
  | { readonly to: "routine" }
  | { readonly to: "vault" }
  | { readonly to: "retry" };

export interface Advice {
  readonly ways: readonly WayOut[];
  /** What to do, in words of the panel; null where the way says it, or nothing has to be done. */
  readonly next: string | null;
}

/** What the operator can do about a failure. Where the panel has no way of its own, the control plane's words stand. */
export function adviceFor(run: RunDetail, failure: RunFailure): Advice {
  const secret = secretOf(run, failure);
  const layer = layerOf(failure);
  switch (failure.code) {
    case "secret_inactive":
      return { ways: [...secret, ...layer], next: "Enable the secret, or refer to another one. Then run again." };
    case "version_missing":
    case "version_inactive":
      return {
        ways: [...secret, ...layer],
        next: "Give the secret a new value, or choose another version. Then run again.",
      };
    case "secret_missing":
    case "secret_foreign":
    case "secret_deleted":
      return { ways: layer, next: `Refer to another secret in the ${failure.layer ?? "routine"} env. Then run again.` };
    case "binding_missing":
      return { ways: layer, next: `Save the ${failure.layer ?? "routine"} env again: that binds the secret.` };
    case "env_too_large":
      return { ways: layer, next: failure.next };
    case "vault_locked":
    case "provider_error":
      return { ways: [{ to: "vault" }], next: "See there how the vault is opened again. Then retry the run." };
    case "command_missing":
    case "command_not_executable":
    case "adapter_invalid":
    case "agent_missing":
    case "agent_inactive":
    case "folder_missing":
    case "folder_unreadable":
      return { ways: [{ to: "agent" }], next: withoutCommand(failure.next) };
    case "env_missing":
    case "header_invalid":
    case "host_not_found":
    case "answer_invalid":
    case "answer_encoded":
    case "http_redirect":
      return { ways: [{ to: "agent" }], next: failure.next };
    case "http_status":
    case "tls_refused":
    case "request_failed":
    case "connection_refused":
      return { ways: [{ to: "agent" }, { to: "retry" }], next: failure.next };
    case "connection_lost":
    case "host_unreachable":
      return { ways: [{ to: "retry" }], next: failure.next };
    case "timed_out":
      return { ways: [{ to: "agent" }], next: "Raise the agent's time-out, or see in the log what took so long." };
    case "exit_code":
    case "signal":
      return { ways: [], next: "The end of the log shows what it said last." };
    case "interrupted":
    case "owner_stopped":
    case "ended_for_restore":
    case "runner_died":
      return {
        ways: [{ to: "retry" }],
        next: "What was left of it was ended. It is run again only where the routine says that this is safe, or by hand.",
      };
    case "database_unavailable":
    case "read_only":
    case "disk_full":
      return {
        ways: [{ to: "retry" }],
        next: "Nothing was given out and nothing was started. Retry the run once that is mended.",
      };
    case "unexpected":
      return { ways: [{ to: "retry" }], next: "The product log in the instance folder (`logs/`) says more." };
    case "system_busy":
    case "spawn_failed":
      return { ways: [{ to: "retry" }], next: withoutCommand(failure.next) };
    case "routine_without_agent":
    case "routine_archived":
    case "variable_missing":
    case "variable_invalid":
    case "sheet_missing":
      return { ways: [{ to: "routine" }], next: withoutCommand(failure.next) };
    default:
      return { ways: [], next: failure.next };
  }
}

/** The secret by its id where the manifest has it, or else by its key, which the control plane takes too. */
function secretOf(run: RunDetail, { key, secretKey }: RunFailure): readonly WayOut[] {
  const id = run.manifest.find((entry) => entry.key === key && entry.secretId !== undefined)?.secretId;
  const secret = id ?? secretKey;
  return secret === null ? [] : [{ to: "secret", secret }];
}

function layerOf({ layer }: RunFailure): readonly WayOut[] {
  return layer === "agent" || layer === "project" || layer === "routine" ? [{ to: "layer", layer }] : [];
}

/** Advice that names a command is for the command line; the panel has a button beside it. */
function withoutCommand(next: string | null): string | null {
  return next?.includes("`paperclip-desktop ") ? null : next;
}
