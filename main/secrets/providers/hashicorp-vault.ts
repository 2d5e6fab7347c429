import { z } from "zod";
import type { Provider } from "./provider.ts";
import { httpOrigin, readVaultConfig } from "./vault-config.ts";

const name = (what: string) => z.string().regex(/^[\w][\w./-]{0,199}$/, `must be the name of ${what}`);

const config = z.object({
  address: httpOrigin,
  namespace: name("a namespace").optional(),
  mount: name("a mount").optional(),
});

/** Metadata only: vaults and references can be written down, and nothing is read or called. */
export const hashicorpVault: Provider = {
  descriptor: {
    id: "vault",
    label: "HashiCorp Vault",
    managed: false,
    external: true,
    unavailable: "HashiCorp Vault is kept as metadata only in this version: nothing is read from it.",
  },
  readConfig: (given) => readVaultConfig(config, given),
  addressSettings: [],
  open: null,
};
