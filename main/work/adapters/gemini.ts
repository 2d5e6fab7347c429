import { commandLinePreset } from "./preset.ts";

/** Gemini CLI: works without a terminal when stdin is none, and takes the prompt from there; `-p` would want it in argv. */
export const geminiAdapter = commandLinePreset({
  id: "gemini",
  label: "Gemini CLI",
  description: "Starts `gemini` without a terminal, with the instructions on stdin.",
  program: "gemini",
  leading: [],
  trailing: [],
});
