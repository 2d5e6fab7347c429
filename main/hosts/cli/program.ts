import { Command, CommanderError } from "commander";
import { addActivity } from "./commands/activity.ts";
import { addAgents } from "./commands/agents.ts";
import { addCall } from "./commands/call.ts";
import { addCompanies } from "./commands/companies.ts";
import { addConfigure } from "./commands/configure.ts";
import { addDatabase } from "./commands/database.ts";
import { addDoctor } from "./commands/doctor.ts";
import { addProjects } from "./commands/projects.ts";
import { addRoutines } from "./commands/routines.ts";
import { addRuns } from "./commands/runs.ts";
import { addSecrets } from "./commands/secrets.ts";
import { addServe } from "./commands/serve.ts";
import { addStatus } from "./commands/status.ts";
import { addStop } from "./commands/stop.ts";
import { failedCommand, Interrupted } from "./errors.ts";
import type { ExitCode } from "./errors.ts";
import { actWith } from "./invocation.ts";
import type { CliHost } from "./invocation.ts";
import { createOutput } from "./output.ts";

const FIRST_STEPS = `paperclip-desktop runs routines: instructions for an agent, with secrets of their own.

The five commands of a first routine:

  paperclip-desktop companies create --name Acme --prefix ACME
  paperclip-desktop agents create --name coder --adapter claude
  paperclip-desktop secrets create --key gh-token --value-stdin
  paperclip-desktop routines create --file routine.yaml
  paperclip-desktop routines run "My routine" --follow

Where things stand: paperclip-desktop status.  All commands: paperclip-desktop --help.
`;

/** Runs one command line (without the program's name) and says how the process should end. Never throws. */
export async function runCommandLine(argv: readonly string[], host: CliHost): Promise<ExitCode> {
  if (argv.length === 0) {
    host.stdout.write(FIRST_STEPS);
    return 0;
  }
  try {
    await createProgram(host).parseAsync(argv, { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return exitOfCommander(error);
    const json = argv.includes("--json");
    const output = createOutput({ stdout: host.stdout, stderr: host.stderr, env: host.env, json });
    if (error instanceof Interrupted) {
      output.failure({ code: "interrupted", message: error.message });
      return 130;
    }
    output.failure(failedCommand(error));
    return 1;
  }
}

/** Help and version that were asked for are answers; everything else means that the command line is off. */
function exitOfCommander(error: CommanderError): ExitCode {
  return error.code === "commander.helpDisplayed" || error.code === "commander.version" ? 0 : 2;
}

function createProgram(host: CliHost): Command {
  const program = new Command("paperclip-desktop")
    .description("A control panel for one operator on one machine: routines, their secrets, their runs.")
    .version(host.version, "-V, --version", "the version")
    .helpOption("-h, --help", "help for a command")
    .helpCommand("help [command]", "help for a command")
    .option("--json", "one JSON value on standard output, and nothing else there")
    .option("--home <dir>", "where instances lie (PAPERCLIP_HOME; ~/.paperclip)")
    .option("--instance <id>", "which instance (PAPERCLIP_INSTANCE_ID; default)")
    .option("--company <company>", "id, name or issue prefix; may be left out while there is one company")
    .option("--company-id <company>", "the same as --company")
    .exitOverride()
    .configureHelp({ showGlobalOptions: true, helpWidth: host.stdout.isTTY ? (host.stdout.columns ?? 80) : 100 })
    .configureOutput({
      writeOut: (text) => void host.stdout.write(text),
      writeErr: (text) => void host.stderr.write(text),
    });
  const act = actWith(host);

  program.commandsGroup("Instance:");
  addServe(program, act);
  addStop(program, act);
  addStatus(program, act);
  addDoctor(program, act);
  addConfigure(program, act);
  addDatabase(program, act);
  program.commandsGroup("Work:");
  addCompanies(program, act);
  addProjects(program, act);
  addAgents(program, act);
  program.commandsGroup("Routines:");
  addRoutines(program, act);
  addRuns(program, act);
  addSecrets(program, act);
  program.commandsGroup("Further:");
  addActivity(program, act);
  addCall(program, act);

  showUsageOnError(program);
  return program;
}

/** A wrong command line is answered with the usage of the very command, and the way to its help. */
function showUsageOnError(command: Command): void {
  command.configureOutput({
    outputError: (text, write) => {
      const path = pathOf(command);
      // What was written after an unknown option may have been meant as a value.
      const message = text.trimEnd().replace(/('--[^'=]+)=[^']*'/, "$1'");
      write(`${message}\nusage: ${command.createHelp().commandUsage(command)}\nhelp: ${path} --help\n`);
    },
  });
  for (const child of command.commands) showUsageOnError(child);
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}
