import { Refusal } from "../contract/refusal.ts";
import { parseDotenv } from "./dotenv.ts";
import type { InstancePaths } from "./paths.ts";
import { readIfThere } from "./permissions.ts";

/** What the environment says about database and secrets. A name that is unset or empty is left out. */
export interface InstanceSecretsEnvironment {
  readonly databaseUrl?: string;
  readonly migrationUrl?: string;
  readonly masterKey?: string;
  readonly masterKeyFile?: string;
  readonly strictMode?: boolean;
}

/** Names whose values are secret. They are taken out of the process environment, so that no child inherits them. */
const SENSITIVE = ["DATABASE_URL", "DATABASE_MIGRATION_URL", "PAPERCLIP_SECRETS_MASTER_KEY"] as const;

/**
 * Reads the process environment, then the instance's `.env` for what is not set there, and deletes the secret ones from
 * `processEnv`. Refuses with `config_invalid` where a value cannot be meant.
 */
export async function readInstanceEnvironment(
  paths: InstancePaths,
  processEnv: NodeJS.ProcessEnv,
): Promise<InstanceSecretsEnvironment> {
  const file = parseDotenv((await readIfThere(paths.envFile)) ?? "");
  const value = (name: string) => processEnv[name] || file.get(name) || undefined;
  const [databaseUrl, migrationUrl, masterKey] = SENSITIVE.map(value);
  const masterKeyFile = value("PAPERCLIP_SECRETS_MASTER_KEY_FILE");
  const strictMode = readSwitch("PAPERCLIP_SECRETS_STRICT_MODE", value("PAPERCLIP_SECRETS_STRICT_MODE"));
  for (const name of SENSITIVE) delete processEnv[name];
  return {
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
    ...(migrationUrl === undefined ? {} : { migrationUrl }),
    ...(masterKey === undefined ? {} : { masterKey }),
    ...(masterKeyFile === undefined ? {} : { masterKeyFile }),
    ...(strictMode === undefined ? {} : { strictMode }),
  };
}

function readSwitch(name: string, text: string | undefined): boolean | undefined {
  const known = { true: true, "1": true, yes: true, on: true, false: false, "0": false, no: false, off: false };
  if (text === undefined) return undefined;
  const found = Object.entries(known).find(([word]) => word === text.trim().toLowerCase());
  if (found) return found[1];
  throw new Refusal("config_invalid", `${name} is neither true nor false.`, {
    next: `Set ${name} to true or false, or unset it.`,
    fields: { [name]: "must be true or false" },
  });
}
