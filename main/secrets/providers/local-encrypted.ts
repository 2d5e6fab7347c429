import { Refusal } from "../../contract/refusal.ts";
import type { Provider } from "./provider.ts";

/**
 * Values sealed in the own database, by the vault of this room. It is resolved in the statement that judges, without a call,
 * and has no provider vaults.
 */
export const localEncrypted: Provider = {
  descriptor: {
    id: "local_encrypted",
    label: "Sealed on this machine",
    managed: true,
    external: false,
    unavailable: null,
  },
  readConfig: () => {
    throw new Refusal("invalid_input", "The provider vault was not saved: local_encrypted needs none.", {
      next: "Create the secret without a provider vault; its value is sealed on this machine.",
      fields: { provider: "needs no provider vault" },
    });
  },
  addressSettings: [],
  open: null,
};
