import { z } from "zod";
import {
  type Adapter,
  argument,
  folder,
  INSTRUCTIONS,
  INSTRUCTIONS_FILE,
  parseConfig,
  type ProcessPlan,
  resolveFolder,
  storedConfig,
  timeoutSeconds,
} from "./adapter.ts";
import { checkLaunch } from "./checks.ts";

const command = z
  .array(argument, { error: 'must be a list of arguments, such as ["claude", "-p"], and never a shell line' })
  .min(1, 'must name a program, such as ["claude", "-p"]')
  .max(500, "must be at most 500 arguments")
  .refine((argv) => argv[0]?.trim() !== "", "must name a program first")
  .refine((argv) => argv[0] !== INSTRUCTIONS && argv[0] !== INSTRUCTIONS_FILE, "must name a program first")
  .describe("The program and its arguments; no shell reads them");

const fields = z
  .strictObject(
    {
      command,
      cwd: folder.optional(),
      instructions: z
        .enum(["stdin", "argument", "file", "none"])
        .default("stdin")
        .describe("How the program is given its instructions"),
      timeoutSeconds: timeoutSeconds.optional(),
    },
    { error: explainUnknownField },
  )
  .check((context) => {
    const { command, instructions } = context.value;
    const refuse = (path: string, message: string) =>
      context.issues.push({ code: "custom", input: context.value, path: [path], message });
    for (const [via, placeholder] of [["argument", INSTRUCTIONS] as const, ["file", INSTRUCTIONS_FILE] as const]) {
      if (instructions !== via && command.includes(placeholder)) {
        refuse("instructions", `must be "${via}" where the command holds ${placeholder}`);
      }
      if (instructions === via && command.some((text) => text.includes(placeholder) && text !== placeholder)) {
        refuse("command", `must hold ${placeholder} as an argument of its own`);
      }
    }
  });

/** Any program: an argv, with instructions on stdin, as the last argument, or as a file. */
export const processAdapter: Adapter<ProcessPlan> = {
  id: "process",
  kind: "process",
  label: "Program",
  description:
    `Starts any program. Instructions come on stdin, as an argument (where ${INSTRUCTIONS} stands, else last) or as a ` +
    `file (its path where ${INSTRUCTIONS_FILE} stands, else last, and in PAPERCLIP_PAYLOAD_FILE).`,
  program: null,
  configSchema: fields,
  checkConfig: (config) => storedConfig(parseConfig(fields, "process", config)),
  plan: (config, defaults) => {
    const { command, cwd, instructions, timeoutSeconds } = parseConfig(fields, "process", config);
    return {
      kind: "process",
      argv: withPlaceholder(command, instructions),
      cwd: resolveFolder(cwd, defaults),
      instructionsVia: instructions,
      timeoutSeconds: timeoutSeconds ?? null,
    };
  },
  test: (config, surroundings) => checkLaunch(processAdapter, config, surroundings, { versionArguments: null }),
};

function withPlaceholder(argv: readonly string[], via: "stdin" | "argument" | "file" | "none"): string[] {
  const placeholder = via === "argument" ? INSTRUCTIONS : via === "file" ? INSTRUCTIONS_FILE : null;
  return placeholder === null || argv.includes(placeholder) ? [...argv] : [...argv, placeholder];
}

function explainUnknownField(issue: { readonly code?: string; readonly keys?: readonly string[] }): string | undefined {
  if (issue.code !== "unrecognized_keys") return undefined;
  if (issue.keys?.includes("shell")) {
    return 'there is no shell: where one is wanted, name it in the command, such as ["sh", "-c", "…"]';
  }
  return `there is no field ${issue.keys?.map((key) => `"${key}"`).join(", ")}`;
}
