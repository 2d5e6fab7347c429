import { implementer } from "../contract/implementer.ts";
import { readConfig, settingsView, updateConfig, type Config, type ConfigSection } from "./config.ts";
import type { InstancePaths } from "./paths.ts";

interface Services {
  readonly paths: InstancePaths;
  /** What this process started with; what differs from it takes effect at a restart. */
  readonly running: Config;
  /** Hears of every change that was saved. */
  readonly changed?: () => void;
}

/** The area `settings`. */
export function settingsProcedures({ paths, running, changed }: Services) {
  const area = implementer.settings;
  const answer = (section: ConfigSection, config: Config) => {
    const part = section === "general" ? "runs" : section;
    const restartNeeded = JSON.stringify(config[part]) !== JSON.stringify(running[part]);
    return { section, values: settingsView(config, section), restartNeeded };
  };
  return {
    get: area.get.handler(async ({ input }) => answer(input.section, await readConfig(paths))),
    update: area.update.handler(async ({ input }) => {
      const config = await updateConfig(paths, input.section, input.values);
      changed?.();
      return answer(input.section, config);
    }),
  };
}
