import { Option } from "commander";
import type { Command } from "commander";
import { catchUpPolicy, concurrencyPolicy, priority, routineChanges } from "../../../preload/contract/routines.ts";
import type { RoutineChanges } from "../../../preload/contract/routines.ts";
import { checkedFile, readEnvFile } from "./definitions.ts";
import { UsageError } from "./errors.ts";
import { readObjectFile, readText } from "./files.ts";
import { given, ofCompany } from "./invocation.ts";
import type { Invocation } from "./invocation.ts";

export interface RoutineOptions {
  file?: string;
  title?: string;
  agent?: string;
  project?: string;
  instructions?: string;
  instructionsFile?: string;
  envFile?: string;
  priority?: (typeof priority.options)[number];
  concurrency?: (typeof concurrencyPolicy.options)[number];
  catchUp?: (typeof catchUpPolicy.options)[number];
}

export function withRoutineOptions(command: Command): Command {
  return command
    .option(
      "--file <file>",
      "the definition, as JSON or YAML: title, instructions, agent, env, variables, triggers, policies",
    )
    .option("--title <title>", "its title; options win over the file")
    .option("--agent <agent>", "id or name of who does the work")
    .option("--project <project>", "id or name of its project")
    .option("--instructions <text>", "what is to be done")
    .option("--instructions-file <file>", "a text file with the instructions")
    .option("--env-file <file>", "its env: an object of env bindings, as JSON or YAML")
    .addOption(new Option("--priority <priority>", "of its runs").choices(priority.options))
    .addOption(
      new Option("--concurrency <policy>", "what a start does while a run is active").choices(
        concurrencyPolicy.options,
      ),
    )
    .addOption(new Option("--catch-up <policy>", "what becomes of missed slots").choices(catchUpPolicy.options));
}

/** The definition that a file and the options give together; what neither names is left out. */
export async function readRoutine(options: RoutineOptions): Promise<RoutineChanges> {
  if (options.instructions !== undefined && options.instructionsFile !== undefined) {
    throw new UsageError("The instructions are given twice.", "Use --instructions or --instructions-file.");
  }
  const file = options.file === undefined ? {} : await readDefinition(options.file);
  return {
    ...file,
    ...given({
      title: options.title,
      agent: options.agent,
      project: options.project,
      instructions: options.instructionsFile ? await readText(options.instructionsFile) : options.instructions,
      env: await readEnvFile(options.envFile),
      priority: options.priority,
      concurrencyPolicy: options.concurrency,
      catchUpPolicy: options.catchUp,
    }),
  };
}

async function readDefinition(file: string): Promise<RoutineChanges> {
  return checkedFile(file, await readObjectFile(file), routineChanges);
}

/** The routine that a command names as its first argument. */
export function oneRoutine(invocation: Invocation): { company?: string; routine: string } {
  return { ...ofCompany(invocation), routine: invocation.argument(0) };
}

/** The trigger that a command names, of the routine in its option. */
export function oneTrigger(invocation: Invocation, { routine }: { readonly routine: string }) {
  return { ...ofCompany(invocation), routine, trigger: invocation.argument(0) };
}
