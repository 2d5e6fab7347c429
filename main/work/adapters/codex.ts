import { commandLinePreset } from "./preset.ts";

/**
 * Codex: `codex exec` works without questions, and `-` makes it read the prompt from stdin. It refuses folders outside a
 * git repository unless told not to; an agent's own folder is none.
 */
export const codexAdapter = commandLinePreset({
  id: "codex",
  label: "Codex",
  description:
    "Starts `codex exec` with the instructions on stdin. It only reads files unless given --sandbox workspace-write.",
  program: "codex",
  leading: ["exec", "--skip-git-repo-check"],
  trailing: ["-"],
});
