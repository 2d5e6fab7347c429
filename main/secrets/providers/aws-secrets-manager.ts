import { z } from "zod";
import { managedName, whyNotLinked } from "./aws-names.ts";
import type { Provider } from "./provider.ts";
import { httpOrigin, readVaultConfig } from "./vault-config.ts";

const part = (what: string) =>
  z
    .string()
    .max(100)
    .regex(/^[A-Za-z0-9_+=.@-]+$/, `must be ${what} of letters, digits, and -_+=.@`);

const settings = z.object({
  region: z.string().regex(/^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$/, "must be a region of AWS such as eu-central-1"),
  /** The first part of every managed name. */
  prefix: part("a name").default("paperclip"),
  /** Tells two installations apart that share an account. */
  deployment: part("a name").default("desktop"),
  /** Goes into a tag. */
  environment: part("a name").default("production"),
  /** Days in which AWS can bring a deleted secret back. */
  recoveryWindowDays: z
    .int("must be a whole number of days")
    .min(7, "must be at least 7 days")
    .max(30, "must be at most 30 days")
    .default(30),
  /** How long all attempts at one call may take together. */
  timeoutSeconds: z
    .int("must be a whole number of seconds")
    .min(1, "must be at least 1 second")
    .max(120, "must be at most 120 seconds")
    .default(30),
  kmsKeyId: z
    .string()
    .max(300)
    .regex(/^[\w:/-]+$/, "must be the id, alias or ARN of a key of KMS")
    .optional(),
  /** Another address than the region's own: a VPC endpoint, or a server of a test. */
  endpoint: httpOrigin.optional(),
});
export type AwsSettings = z.infer<typeof settings>;

/** AWS Secrets Manager by its official client, which is loaded when the first call is made. */
export const awsSecretsManager: Provider = {
  descriptor: {
    id: "aws_secrets_manager",
    label: "AWS Secrets Manager",
    managed: true,
    external: true,
    unavailable: null,
  },
  readConfig: (given) => readVaultConfig(settings, given),
  addressSettings: ["region", "prefix", "deployment", "endpoint"],
  open: (config) => {
    const checked = settings.parse(config);
    return {
      managedName: (address) => managedName(checked, address),
      whyNotLinked: (externalRef) => whyNotLinked(checked, externalRef),
      session: async (work) => {
        const { withAwsSession } = await import("./aws-session.ts");
        return withAwsSession(checked, work);
      },
    };
  },
};
