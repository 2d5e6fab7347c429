import { commandLinePreset } from "./preset.ts";

/** Claude Code: `claude -p` prints its answer and ends, and without a prompt reads it from stdin. */
export const claudeAdapter = commandLinePreset({
  id: "claude",
  label: "Claude Code",
  description: "Starts `claude -p` with the instructions on stdin.",
  program: "claude",
  leading: ["-p"],
  trailing: [],
});
