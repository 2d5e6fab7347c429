import type { ProviderId, ProviderVaultRecord } from "../../../preload/contract/providers.ts";

/** A provider that has vaults. */
export type VaultProvider = Exclude<ProviderId, "local_encrypted">;
export const VAULT_PROVIDERS: readonly VaultProvider[] = ["aws_secrets_manager", "gcp_secret_manager", "vault"];

/** One setting of a provider vault, as its form asks for it. The control plane judges what is given. */
export interface VaultField {
  readonly name: string;
  readonly label: string;
  readonly help: string;
  /** Left empty, the setting has this value; undefined: it may be left out, null: it must be given. */
  readonly usual: string | null | undefined;
  readonly isNumber?: true;
  /** The names of secrets are made of it, so it stays while the vault holds any. */
  readonly isAddress?: true;
}

const FIELDS: Readonly<Record<VaultProvider, readonly VaultField[]>> = {
  aws_secrets_manager: [
    {
      name: "region",
      label: "Region",
      help: "The region of AWS that keeps the secrets, such as eu-central-1.",
      usual: null,
      isAddress: true,
    },
    {
      name: "prefix",
      label: "Prefix",
      help: "The first part of the name of every secret that is created here.",
      usual: "paperclip",
      isAddress: true,
    },
    {
      name: "deployment",
      label: "Deployment",
      help: "The second part; tells two installations apart that share an account.",
      usual: "desktop",
      isAddress: true,
    },
    { name: "environment", label: "Environment", help: "Stands in a tag of each secret.", usual: "production" },
    {
      name: "recoveryWindowDays",
      label: "Recovery window in days",
      help: "How long AWS can bring a deleted secret back: 7 to 30.",
      usual: "30",
      isNumber: true,
    },
    {
      name: "timeoutSeconds",
      label: "Time limit in seconds",
      help: "How long a call may take with all its attempts: 1 to 120.",
      usual: "30",
      isNumber: true,
    },
    {
      name: "kmsKeyId",
      label: "KMS key",
      help: "The id, alias or ARN of a key other than the account's own.",
      usual: undefined,
    },
    {
      name: "endpoint",
      label: "Endpoint",
      help: "Another address than the region's, such as https://secrets.internal: a VPC endpoint.",
      usual: undefined,
      isAddress: true,
    },
  ],
  gcp_secret_manager: [
    { name: "projectId", label: "Project", help: "The id of a project of Google Cloud.", usual: null },
    { name: "location", label: "Location", help: "A region such as europe-west1.", usual: undefined },
  ],
  vault: [
    {
      name: "address",
      label: "Address",
      help: "Scheme, host and port of the server and nothing more, such as https://vault.internal:8200.",
      usual: null,
    },
    { name: "namespace", label: "Namespace", help: "Where the server has several.", usual: undefined },
    { name: "mount", label: "Mount", help: "The path of the secrets engine.", usual: undefined },
  ],
};

/** The settings of a provider's vaults, in the order of the form. */
export function vaultFields(provider: VaultProvider): readonly VaultField[] {
  return FIELDS[provider];
}

/** What was typed, by name of the setting. */
export type VaultTexts = Readonly<Record<string, string>>;

/** The settings of a vault as texts of the form. */
export function textsOf({ config }: Pick<ProviderVaultRecord, "config">): VaultTexts {
  return Object.fromEntries(Object.entries(config).map(([name, value]) => [name, String(value)]));
}

/** The settings that the texts mean. An empty one is left out; what should be a number and is none is sent as it is, and refused. */
export function configOf(provider: VaultProvider, texts: VaultTexts): Record<string, string | number> {
  return Object.fromEntries(
    vaultFields(provider).flatMap(({ name, isNumber }) => {
      const text = (texts[name] ?? "").trim();
      if (text === "") return [];
      return [[name, isNumber && /^\d{1,6}$/.test(text) ? Number(text) : text]];
    }),
  );
}

/** Where the credentials of a provider come from; none is ever kept with a vault. */
export function credentialsText(provider: VaultProvider): string {
  return provider === "aws_secrets_manager"
    ? "No credential is kept here. The client of AWS finds them by itself each time: AWS_ACCESS_KEY_ID or AWS_PROFILE in the environment of this app, the files in ~/.aws, a single sign-on, or the role of the machine."
    : "No credential is asked for: it is written down only, and nothing is read from it in this version.";
}
