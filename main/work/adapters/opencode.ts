import { commandLinePreset } from "./preset.ts";

/** opencode: `opencode run` works without its screen and reads the message from stdin. Models are `provider/model`. */
export const opencodeAdapter = commandLinePreset({
  id: "opencode",
  label: "opencode",
  description: "Starts `opencode run` with the instructions on stdin. The model is written as provider/model.",
  program: "opencode",
  leading: ["run"],
  trailing: [],
});
