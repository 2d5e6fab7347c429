import { z } from "zod";
import type { Provider } from "./provider.ts";
import { readVaultConfig } from "./vault-config.ts";

const config = z.object({
  projectId: z.string().regex(/^[a-z][a-z0-9-]{4,28}[a-z0-9]$/, "must be the id of a project of Google Cloud"),
  location: z
    .string()
    .regex(/^[a-z]+-[a-z]+\d+$/, "must be a region such as europe-west1")
    .optional(),
});

/** Metadata only: vaults and references can be written down, and nothing is read or called. */
export const gcpSecretManager: Provider = {
  descriptor: {
    id: "gcp_secret_manager",
    label: "GCP Secret Manager",
    managed: false,
    external: true,
    unavailable: "GCP Secret Manager is kept as metadata only in this version: nothing is read from it.",
  },
  readConfig: (given) => readVaultConfig(config, given),
  addressSettings: [],
  open: null,
};
