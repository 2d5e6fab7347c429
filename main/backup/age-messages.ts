import type { PassphraseKey } from "./age-head.ts";

// What the main thread and the thread that encrypts say to each other. A piece is answered before the one after next is sent.

/** The work factor of scrypt in what is made: 2^17 rounds, 128 MiB, about half a second. */
export const WORK_FACTOR = 17;
/** The highest that is opened: a file of a stranger must not take all memory. */
export const MOST_WORK_FACTOR = 18;

/** To whom something is encrypted. Never part of an argument or an environment. */
export type SealedTo = { readonly passphrase: string } | { readonly recipient: string };
/** By what something is opened. Never part of an argument or an environment. */
export type Opens = { readonly passphrase: string } | { readonly identity: string };
export type AgeTask =
  | { readonly type: "seal"; readonly to: { readonly recipient: string } | { readonly derived: PassphraseKey } }
  | { readonly type: "open"; readonly by: { readonly identity: string } | { readonly derived: PassphraseKey } };

export type ToAgeThread =
  | { readonly type: "begin"; readonly task: AgeTask }
  | { readonly type: "piece"; readonly piece: Uint8Array }
  | { readonly type: "end" }
  /** A piece of the answer was used. */
  | { readonly type: "used" };

export type FromAgeThread =
  /** A piece of the source was used. */
  | { readonly type: "used" }
  | { readonly type: "piece"; readonly piece: Uint8Array }
  | { readonly type: "end" }
  /** `wrong`: what was given does not open it. `damaged`: it is not what was encrypted. */
  | { readonly type: "failed"; readonly why: "wrong" | "damaged" };
