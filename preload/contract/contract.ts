import { audit } from "./audit.ts";
import { backups } from "./backups.ts";
import { activity, database, settings, system } from "./system.ts";
import { agents, companies, projects } from "./work.ts";
import { inbox } from "./inbox.ts";
import { inlineSecrets } from "./inline-secrets.ts";
import { definitions } from "./definitions.ts";
import { speakPlainly } from "./input-words.ts";
import { notifications } from "./notifications.ts";
import { providers, providerVaults } from "./providers.ts";
import { restore } from "./restore.ts";
import { routines } from "./routines.ts";
import { runs } from "./runs.ts";
import { scheduler } from "./scheduler.ts";
import { secrets } from "./secrets.ts";
import { shell } from "./shell.ts";
import { triggers } from "./triggers.ts";
import { keys } from "./vault-keys.ts";
import { webhooks } from "./webhooks.ts";

speakPlainly();

/** Every procedure and event stream of the product. Window, browser and command line know nothing else. */
export const contract = {
  system,
  companies,
  projects,
  agents,
  secrets,
  audit,
  providers,
  providerVaults,
  inlineSecrets,
  keys,
  routines,
  triggers,
  definitions,
  inbox,
  scheduler,
  notifications,
  webhooks,
  runs,
  activity,
  database,
  backups,
  restore,
  settings,
  shell,
};
export type Contract = typeof contract;
