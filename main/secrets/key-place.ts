import type { KeySource } from "./key-source.ts";
import type { MasterKey } from "./master-key.ts";

/**
 * Where an instance keeps its master key: a file, or the keychain of the system. It holds the key in use and, while a
 * rotation puts a new one in its place, the next one beside it. The environment is no such place, as it cannot be written.
 */
export interface KeyPlace {
  readonly custody: "file" | "keychain";
  /** What it is and its name, to stand after an article: `file /…/secrets/master.key`. */
  readonly noun: string;
  /** What helps where the key is gone from here. */
  readonly back: string;
  /** Why this program does not replace what is kept here, and the way out; null where it does. */
  readonly fixed: { readonly message: string; readonly next: string } | null;
  /** Refuses where the place cannot be reached now, as a keychain that is locked. `what` says what did not happen. */
  reach(what: string): Promise<void>;
  /**
   * Looks for the key in use. A `glance` asks a keychain for nothing that it would ask its user for; that nothing is there
   * is not certain then. Creates nothing. What an earlier look has mended stays among the
   * findings.
   */
  read(how?: "glance"): Promise<KeySource>;
  /** The first key: the one that is there already, else a new one. Never replaces what is there. */
  create(): Promise<MasterKey>;
  /** A key that a rotation made and has not put in place yet; null where there is none, or the place cannot be reached. */
  readNext(): Promise<MasterKey | null>;
  /** Keeps a key as the next one, in place of an earlier next one. Durable when it returns; refuses where it cannot be. */
  writeNext(key: MasterKey): Promise<void>;
  /** The next key takes the place of the one in use, which is gone from here. Does nothing where there is no next one. */
  promoteNext(): Promise<void>;
  discardNext(): Promise<void>;
  /**
   * Puts a key in use, for recovery: whole or not at all. What stood there is kept beside it, under a name with this
   * instant; the answer says under which, or null where nothing was there.
   */
  put(key: MasterKey, now: Date): Promise<string | null>;
  /** The keys that `put` has moved aside here, by the name of what holds each; none where the place cannot be reached. */
  readAside(): Promise<ReadonlyMap<string, MasterKey>>;
  /** Takes away what holds a key aside, once that key is in use again. */
  discardAside(name: string): Promise<void>;
  /** Takes the key in use away from here, durably. Never called where the place is `fixed`. */
  remove(): Promise<void>;
}
