import { Refusal } from "../contract/refusal.ts";
import { type ForkHelper, type HelperProcess, forkHelper, pickEnvironment } from "../instance/helper-process.ts";
import { type Listeners, createListeners } from "../instance/listeners.ts";
import { type KeychainFailure, keychainFailure, readKeychainError } from "./keychain-failure.ts";
import type { KeychainReport, KeychainRequest } from "./keychain-messages.ts";

/** The name under which all entries of this product stand in a keychain. */
const KEYCHAIN_SERVICE = "Paperclip Desktop";

/** Milliseconds that a keychain may take. Its user may have a password to type meanwhile. */
const DEADLINE_MS = 60_000;

/** Milliseconds after which who reads is told that no answer came; the question stays until the deadline. */
const PATIENCE_MS = 4_000;

/** What came of asking a keychain. */
export type KeychainAnswer<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly failure: KeychainFailure };

/** The keychain of the system: texts by account. No call rejects. */
export interface Keychain {
  /**
   * The text of each account, or null where there is none. Null is said only where the keychain is open. It waits a few
   * seconds at most: a keychain that is asking its user goes on with that, and nobody asks it the same again meanwhile.
   * A `glance` says null also where the keychain is locked, for which it may then not ask its user.
   */
  read(accounts: readonly string[], how?: "glance"): Promise<KeychainAnswer<readonly (string | null)[]>>;
  /** The accounts whose name begins with this text. None also where the keychain is locked: who asks has read from it before. */
  list(prefix: string): Promise<KeychainAnswer<readonly string[]>>;
  /** Writes a text in place of what the account had. */
  write(account: string, text: string): Promise<KeychainAnswer<null>>;
  /** Removes an entry; fine where there is none. */
  remove(account: string): Promise<KeychainAnswer<null>>;
  /** Tells that an answer came after all to a question that nobody waited for any more. */
  readonly late: Listeners;
  /** Ends what is under way, which then says that no answer came. */
  close(): Promise<void>;
}

export interface KeychainOptions {
  /** The built entry of the process that speaks to the keychain. */
  readonly entry: string;
  readonly processEnv: NodeJS.ProcessEnv;
  readonly fork?: ForkHelper | undefined;
  readonly deadlineMs?: number;
  readonly patienceMs?: number;
}

/** What that process needs to find the keychain of the session. */
const NAMES =
  "PATH HOME TMPDIR DBUS_SESSION_BUS_ADDRESS XDG_RUNTIME_DIR XDG_DATA_HOME XDG_CURRENT_DESKTOP DISPLAY WAYLAND_DISPLAY " +
  "XAUTHORITY SystemRoot windir USERPROFILE APPDATA LOCALAPPDATA TEMP TMP";

/** The keychain of this system. Nothing of it is loaded or started before it is asked. */
export function systemKeychain(options: KeychainOptions): Keychain {
  const { entry, processEnv, fork = forkHelper, deadlineMs = DEADLINE_MS, patienceMs = PATIENCE_MS } = options;
  // Errors are told apart by their words, so they come in one language.
  const env = { ...pickEnvironment(processEnv, NAMES.split(" ")), LC_ALL: "C" };
  const underWay = new Set<HelperProcess<KeychainRequest, KeychainReport>>();
  const late = createListeners();
  // By what is asked. What was asked before a change is not the answer to who asks after it.
  const reads = new Map<string, Promise<Texts>>();

  function ask(request: KeychainRequest): Promise<Texts> {
    const helper = fork<KeychainRequest, KeychainReport>(entry, env, "Paperclip keychain");
    underWay.add(helper);
    const answer = new Promise<Texts>((resolve) => {
      const deadline = setTimeout(() => resolve(timedOut()), deadlineMs);
      const settle = (value: Texts) => {
        clearTimeout(deadline);
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

  function read(request: KeychainRequest): Promise<Texts> {
    const name = JSON.stringify(request);
    const asked = reads.get(name);
    if (asked) return asked;
    const answer = ask(request);
    const patient = new Promise<Texts>((resolve) => {
      let waited = false;
      const patience = setTimeout(() => {
        waited = true;
        resolve(timedOut());
      }, patienceMs);
      void answer.then((value) => {
        clearTimeout(patience);
        if (reads.get(name) === patient) reads.delete(name);
        resolve(value);
        if (waited && value.ok) late.tell();
      });
    });
    reads.set(name, patient);
    return patient;
  }
  function change(request: KeychainRequest): Promise<Texts> {
    reads.clear();
    return ask(request);
  }
  const nothing = ({ ok, ...rest }: KeychainAnswer<unknown>): KeychainAnswer<null> =>
    ok ? { ok, value: null } : ({ ok, ...rest } as KeychainAnswer<null>);

  return {
    read: (accounts, how) => read({ type: "read", service: KEYCHAIN_SERVICE, accounts, prove: how !== "glance" }),
    list: async (prefix) => {
      const answer = await read({ type: "list", service: KEYCHAIN_SERVICE, prefix });
      return answer.ok ? { ok: true, value: answer.value.filter((account) => account !== null) } : answer;
    },
    write: async (account, text) => nothing(await change({ type: "write", service: KEYCHAIN_SERVICE, account, text })),
    remove: async (account) => nothing(await change({ type: "remove", service: KEYCHAIN_SERVICE, account })),
    late,
    close: async () => underWay.forEach((helper) => helper.kill()),
  };
}

type Texts = KeychainAnswer<readonly (string | null)[]>;

function failed(failure: KeychainFailure): Texts {
  return { ok: false, failure };
}

function timedOut(): Texts {
  return failed(keychainFailure("timed_out", process.platform));
}

/** The value, or a refusal with `keychain_unavailable`. `what` says what did not happen, without a full stop. */
export function demand<Value>(answer: KeychainAnswer<Value>, what: string): Value {
  if (answer.ok) return answer.value;
  const { reason, message, next } = answer.failure;
  throw new Refusal("keychain_unavailable", `${what}. ${message}`, { next, details: { reason } });
}
