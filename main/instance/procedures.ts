import { implementer } from "../contract/implementer.ts";
import { Refusal } from "../contract/refusal.ts";
import { readConfig, settingsView, updateConfig, type Config, type ConfigSection } from "./config.ts";
import type { InstancePaths } from "./paths.ts";

interface Services {
  readonly paths: InstancePaths;
  /** What this process started with; what differs from it takes effect at a restart. */
  readonly running: Config;
  /** Hears of every change that was saved. */
  readonly changed?: (config: Config) => void;
}

/** Settings that are asked for whenever they matter, or change as what they speak of does, so that no restart is needed. */
const LIVE: Readonly<Partial<Record<keyof Config, object>>> = {
  secrets: { strictMode: null, custody: null },
  runs: { logRetentionDays: null, logTotalBytes: null },
  webhooks: { port: null },
  notifications: { outcomes: null, missed: null },
};

/** The area `settings`. */
export function settingsProcedures({ paths, running, changed }: Services) {
  const area = implementer.settings;
  const answer = (section: ConfigSection, config: Config) => {
    const part = section === "general" ? "runs" : section;
    const atStart = ({ [part]: values }: Config) => JSON.stringify({ ...values, ...LIVE[part] });
    const restartNeeded = section !== "backups" && atStart(config) !== atStart(running);
    return { section, values: settingsView(config, section), restartNeeded };
  };
  return {
    get: area.get.handler(async ({ input }) => answer(input.section, await readConfig(paths))),
    update: area.update.handler(async ({ input }) => {
      const { section, values } = input;
      if (section === "secrets") refuseToMove(values["custody"], (await readConfig(paths)).secrets.custody);
      const config = await updateConfig(paths, section, values);
      changed?.(config);
      return answer(section, config);
    }),
  };
}

/** The setting follows the key: changed alone it would point at a place where no key is. Null is the default. */
function refuseToMove(wanted: unknown, custody: Config["secrets"]["custody"]): void {
  const to = wanted === null ? "file" : wanted;
  if (to === custody || (to !== "file" && to !== "keychain")) return;
  throw new Refusal("config_invalid", "The custody is not changed as a setting: the master key has to move with it.", {
    next: `Move the key, which changes the setting: \`paperclip-desktop secrets key custody ${to}\``,
    fields: { custody: "is changed by moving the key" },
  });
}
