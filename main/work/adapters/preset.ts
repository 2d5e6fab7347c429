import { z } from "zod";
import {
  type Adapter,
  argument,
  folder,
  parseConfig,
  type ProcessPlan,
  resolveFolder,
  storedConfig,
  timeoutSeconds,
} from "./adapter.ts";
import { checkLaunch } from "./checks.ts";

const fields = z.strictObject({
  model: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._:/@[\]-]{0,199}$/, "must be the name of a model, as the program takes it")
    .optional()
    .describe("The model; left out, the program's own default"),
  extraArguments: z.array(argument).max(100).optional().describe("Further options, handed to the program as they are"),
  cwd: folder.optional(),
  timeoutSeconds: timeoutSeconds.optional(),
});

interface PresetOptions {
  readonly id: string;
  readonly label: string;
  readonly description: string;
  /** Found on PATH. */
  readonly program: string;
  /** What stands between the program and the operator's options. */
  readonly leading: readonly string[];
  /** What stands after them. */
  readonly trailing: readonly string[];
}

/** The adapter of a command line that takes its instructions on stdin and a model by `--model`. */
export function commandLinePreset(options: PresetOptions): Adapter<ProcessPlan> {
  const { id, label, description, program, leading, trailing } = options;
  const adapter: Adapter<ProcessPlan> = {
    id,
    kind: "process",
    label,
    description,
    program,
    configSchema: fields,
    checkConfig: (config) => storedConfig(parseConfig(fields, id, config)),
    plan: (config, defaults) => {
      const { model, extraArguments, cwd, timeoutSeconds } = parseConfig(fields, id, config);
      const choice = model === undefined ? [] : ["--model", model];
      return {
        kind: "process",
        argv: [program, ...leading, ...choice, ...(extraArguments ?? []), ...trailing],
        cwd: resolveFolder(cwd, defaults),
        instructionsVia: "stdin",
        timeoutSeconds: timeoutSeconds ?? null,
      };
    },
    test: (config, surroundings) => checkLaunch(adapter, config, surroundings, { versionArguments: ["--version"] }),
  };
  return adapter;
}
