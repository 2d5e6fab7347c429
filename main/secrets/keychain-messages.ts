/** What the process that speaks to the keychain of the system is asked: one thing, and then it ends. */
export type KeychainRequest =
  | {
      readonly type: "read";
      readonly service: string;
      readonly accounts: readonly string[];
      /** Makes sure that the keychain is open where it has nothing, for which it may ask its user. */
      readonly prove: boolean;
    }
  /** The names of the accounts that begin with `prefix`. */
  | { readonly type: "list"; readonly service: string; readonly prefix: string }
  | { readonly type: "write"; readonly service: string; readonly account: string; readonly text: string }
  | { readonly type: "remove"; readonly service: string; readonly account: string };

/** `texts` of a read, in the order that was asked for; of a list the names. `unloaded`: the binding itself does not load here. */
export type KeychainReport =
  | { readonly type: "done"; readonly texts: readonly (string | null)[] }
  | { readonly type: "failed"; readonly message: string }
  | { readonly type: "unloaded" };
