import { implementer } from "../contract/implementer.ts";
import { readConfig, settingsView, updateConfig, type Config, type ConfigSection } from "./config.ts";
import type { InstancePaths } from "./paths.ts";

/** The area `settings`. `running` is what this process started with; what differs from it takes effect at a restart. */
export function settingsProcedures({ paths, running }: { paths: InstancePaths; running: Config }) {
  const area = implementer.settings;
  const answer = (section: ConfigSection, config: Config) => {
    const part = section === "general" ? "runs" : section;
    const restartNeeded = JSON.stringify(config[part]) !== JSON.stringify(running[part]);
    return { section, values: settingsView(config, section), restartNeeded };
  };
  return {
    get: area.get.handler(async ({ input }) => answer(input.section, await readConfig(paths))),
    update: area.update.handler(async ({ input }) =>
      answer(input.section, await updateConfig(paths, input.section, input.values)),
    ),
  };
}
