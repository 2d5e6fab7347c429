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

/** Names whose values are secret. */
const SENSITIVE = ["DATABASE_URL", "DATABASE_MIGRATION_URL", "PAPERCLIP_SECRETS_MASTER_KEY"] as const;

/** Takes what is secret out of the environment of the process, so that no child inherits it. */
export function removeSensitive(processEnv: NodeJS.ProcessEnv): void {
  for (const name of SENSITIVE) delete processEnv[name];
}

/**
 * Reads the environment that the process was started with, then the instance's `.env`, which a restore may replace, for what is
 * not set there. Refuses with `config_invalid` where a value cannot be meant.
 */
export async function readInstanceEnvironment(
  paths: Pick<InstancePaths, "envFile">,
  processEnv: Readonly<NodeJS.ProcessEnv>,
): Promise<InstanceSecretsEnvironment> {
  const file = parseDotenv((await readIfThere(paths.envFile)) ?? "");
  const value = (name: string) => processEnv[name] || file.get(name) || undefined;
  const [databaseUrl, migrationUrl, masterKey] = SENSITIVE.map(value);
  const masterKeyFile = value("PAPERCLIP_SECRETS_MASTER_KEY_FILE");
  const strictMode = readSwitch("PAPERCLIP_SECRETS_STRICT_MODE", value("PAPERCLIP_SECRETS_STRICT_MODE"));
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
