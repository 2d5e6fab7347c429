import { implementer } from "../contract/implementer.ts";
import { readConfig, settingsView, updateConfig, type Config, type ConfigSection } from "./config.ts";
import type { InstancePaths } from "./paths.ts";

interface Services {
  readonly paths: InstancePaths;
  /** What this process started with; what differs from it takes effect at a restart. */
  readonly running: Config;
  /** Hears of every change that was saved. */
  readonly changed?: (config: Config) => void;
}

/** Settings that are asked for whenever they matter, so that a change needs no restart. */
const LIVE: Readonly<Partial<Record<keyof Config, object>>> = { secrets: { strictMode: null } };

/** The area `settings`. */
export function settingsProcedures({ paths, running, changed }: Services) {
  const area = implementer.settings;
  const answer = (section: ConfigSection, config: Config) => {
    const part = section === "general" ? "runs" : section;
    const atStart = ({ [part]: values }: Config) => JSON.stringify({ ...values, ...LIVE[part] });
    const restartNeeded = atStart(config) !== atStart(running);
    return { section, values: settingsView(config, section), restartNeeded };
  };
  return {
    get: area.get.handler(async ({ input }) => answer(input.section, await readConfig(paths))),
    update: area.update.handler(async ({ input }) => {
      const config = await updateConfig(paths, input.section, input.values);
      changed?.(config);
      return answer(input.section, config);
    }),
  };
}
