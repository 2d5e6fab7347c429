import { Refusal } from "../contract/refusal.ts";
import { type ForkHelper, type HelperProcess, forkHelper, pickEnvironment } from "../instance/helper-process.ts";
import { type KeychainFailure, keychainFailure, readKeychainError } from "./keychain-failure.ts";
import type { KeychainReport, KeychainRequest } from "./keychain-messages.ts";

/** The name under which all entries of this product stand in a keychain. */
export const KEYCHAIN_SERVICE = "Paperclip Desktop";

/** Milliseconds that a keychain may take. Its user may have a password to type meanwhile. */
const DEADLINE_MS = 20_000;

/** What came of asking a keychain. */
export type KeychainAnswer<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly failure: KeychainFailure };

/** The keychain of the system: texts by account. No call rejects. */
export interface Keychain {
  /** The text of each account, or null where there is none. Null is said only where the keychain is open. */
  read(accounts: readonly string[]): Promise<KeychainAnswer<readonly (string | null)[]>>;
  /** Writes a text in place of what the account had. */
  write(account: string, text: string): Promise<KeychainAnswer<null>>;
  /** Removes an entry; fine where there is none. */
  remove(account: string): Promise<KeychainAnswer<null>>;
  /** Ends what is under way, which then says that no answer came. */
  close(): Promise<void>;
}

export interface KeychainOptions {
  /** The built entry of the process that speaks to the keychain. */
  readonly entry: string;
  readonly processEnv: NodeJS.ProcessEnv;
  readonly fork?: ForkHelper | undefined;
  readonly deadlineMs?: number;
}

/** What that process needs to find the keychain of the session. */
const NAMES =
  "PATH HOME TMPDIR DBUS_SESSION_BUS_ADDRESS XDG_RUNTIME_DIR XDG_DATA_HOME XDG_CURRENT_DESKTOP DISPLAY WAYLAND_DISPLAY " +
  "XAUTHORITY SystemRoot windir USERPROFILE APPDATA LOCALAPPDATA TEMP TMP";

/** The keychain of this system. Nothing of it is loaded or started before it is asked. */
export function systemKeychain({ entry, processEnv, fork = forkHelper, deadlineMs }: KeychainOptions): Keychain {
  // Errors are told apart by their words, so they come in one language.
  const env = { ...pickEnvironment(processEnv, NAMES.split(" ")), LC_ALL: "C" };
  const underWay = new Set<HelperProcess<KeychainRequest, KeychainReport>>();

  function ask(request: KeychainRequest): Promise<KeychainAnswer<readonly (string | null)[]>> {
    const helper = fork<KeychainRequest, KeychainReport>(entry, env, "Paperclip keychain");
    underWay.add(helper);
    const failed = (failure: KeychainFailure) => ({ ok: false, failure }) as const;
    const answer = new Promise<KeychainAnswer<readonly (string | null)[]>>((resolve) => {
      const late = setTimeout(
        () => resolve(failed(keychainFailure("timed_out", process.platform))),
        deadlineMs ?? DEADLINE_MS,
      );
      const settle = (value: KeychainAnswer<readonly (string | null)[]>) => {
        clearTimeout(late);
        resolve(value);
      };
      helper.onMessage((report) => {
        if (report.type === "done") settle({ ok: true, value: report.texts });
        else if (report.type === "unloaded") settle(failed(keychainFailure("unloaded", process.platform)));
        else settle(failed(readKeychainError(report.message, process.platform)));
      });
      helper.onExit(() => {
        settle(failed(keychainFailure("failed", process.platform, "the process that asks it ended without an answer")));
        underWay.delete(helper);
      });
      helper.send(request);
    });
    return answer.finally(() => helper.kill());
  }
  const nothing = ({ ok, ...rest }: KeychainAnswer<unknown>): KeychainAnswer<null> =>
    ok ? { ok, value: null } : ({ ok, ...rest } as KeychainAnswer<null>);

  return {
    read: (accounts) => ask({ type: "read", service: KEYCHAIN_SERVICE, accounts }),
    write: async (account, text) => nothing(await ask({ type: "write", service: KEYCHAIN_SERVICE, account, text })),
    remove: async (account) => nothing(await ask({ type: "remove", service: KEYCHAIN_SERVICE, account })),
    close: async () => underWay.forEach((helper) => helper.kill()),
  };
}

/** The value, or a refusal with `keychain_unavailable`. `what` says what did not happen, without a full stop. */
export function demand<Value>(answer: KeychainAnswer<Value>, what: string): Value {
  if (answer.ok) return answer.value;
  const { reason, message, next } = answer.failure;
  throw new Refusal("keychain_unavailable", `${what}. ${message}`, { next, details: { reason } });
}
