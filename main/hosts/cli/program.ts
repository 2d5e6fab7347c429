import { Command, CommanderError } from "commander";
import { addActivity } from "./commands/activity.ts";
import { addAgents } from "./commands/agents.ts";
import { addAudit } from "./commands/audit.ts";
import { addCall } from "./commands/call.ts";
import { addCompanies } from "./commands/companies.ts";
import { addConfigure } from "./commands/configure.ts";
import { addCron } from "./commands/cron.ts";
import { addBackups } from "./commands/backups.ts";
import { addDatabase } from "./commands/database.ts";
import { addDoctor } from "./commands/doctor.ts";
import { addInbox } from "./commands/inbox.ts";
import { addProviders, addProviderVaults } from "./commands/provider-vaults.ts";
import { addProjects } from "./commands/projects.ts";
import { addRestore } from "./commands/restore.ts";
import { addRoutines } from "./commands/routines.ts";
import { addRuns } from "./commands/runs.ts";
import { addScheduler } from "./commands/scheduler.ts";
import { addSecrets } from "./commands/secrets.ts";
import { addServe } from "./commands/serve.ts";
import { addStatus } from "./commands/status.ts";
import { addStop } from "./commands/stop.ts";
import { addTriggers } from "./commands/triggers.ts";
import { failedCommand, Interrupted } from "./errors.ts";
import type { ExitCode } from "./errors.ts";
import { actWith } from "./invocation.ts";
import type { CliHost } from "./invocation.ts";
import { asTyped, launchedBy } from "./launch.ts";
import type { Launch } from "./launch.ts";
import { createOutput } from "./output.ts";

const firstSteps = (
  program: string,
) => `Paperclip Desktop runs routines: instructions for an agent, with secrets of their own.

The five commands of a first routine:

  ${program} companies create --name Acme --prefix ACME
  ${program} agents create --name coder --adapter claude
  ${program} secrets create --key gh-token --value-stdin
  ${program} routines create --file routine.yaml
  ${program} routines run "My routine" --follow

Where things stand:  ${program} status
All commands:        ${program} --help
`;

/** Runs one command line (without the program's name) and says how the process should end. Never throws. */
export async function runCommandLine(argv: readonly string[], host: CliHost): Promise<ExitCode> {
  const launch = launchedBy(host.env, argv);
  if (argv.length === 0) {
    host.stdout.write(firstSteps(launch.program));
    return 0;
  }
  try {
    const words = wordsOf(argv);
    const program = createProgram(host, launch);
    // Commander would give `--version` to the program wherever it stands.
    if (!hasVersionOfItsOwn(program, words)) program.version(host.version, "-V, --version", "the version");
    await program.parseAsync(words, { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return exitOfCommander(error);
    const json = argv.includes("--json");
    const output = createOutput({ stdout: host.stdout, stderr: host.stderr, env: host.env, launch, json });
    if (error instanceof Interrupted) {
      output.failure({ code: "interrupted", message: error.message });
      return 130;
    }
    output.failure(failedCommand(error));
    return 1;
  }
}

/** `help routines run` is `routines run --help`: commander's own help knows one word only. */
function wordsOf(argv: readonly string[]): string[] {
  const [first, ...rest] = argv;
  return first === "help" && rest.length > 0 ? [...rest, "--help"] : [...argv];
}

/** Whether the command that these words name takes `--version` itself, such as that of a secret. */
function hasVersionOfItsOwn(program: Command, words: readonly string[]): boolean {
  let command = program;
  for (const word of words) command = command.commands.find((child) => child.name() === word) ?? command;
  return command.options.some(({ long }) => long === "--version");
}

/** Help and version that were asked for are answers; everything else means that the command line is off. */
function exitOfCommander(error: CommanderError): ExitCode {
  return error.exitCode === 0 ? 0 : 2;
}

function createProgram(host: CliHost, launch: Launch): Command {
  const program = new Command(launch.program)
    .description("A control panel for one operator on one machine: routines, their secrets, their runs.")
    .helpOption("-h, --help", "help for a command")
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
  const act = actWith(host, launch);

  program.commandsGroup("Instance:");
  addServe(program, act);
  addStop(program, act);
  addStatus(program, act);
  addDoctor(program, act);
  addConfigure(program, act);
  addDatabase(program, act);
  addBackups(program, act);
  addRestore(program, act);
  program.commandsGroup("Work:");
  addCompanies(program, act);
  addProjects(program, act);
  addAgents(program, act);
  program.commandsGroup("Routines:");
  addRoutines(program, act);
  addTriggers(program, act);
  addRuns(program, act);
  addInbox(program, act);
  addScheduler(program, act);
  addCron(program, act);
  addSecrets(program, act);
  addProviders(program, act);
  addProviderVaults(program, act);
  addAudit(program, act);
  program.commandsGroup("Further:");
  addActivity(program, act);
  addCall(program, act);

  program.helpCommand("help [command]", "help for a command");

  showUsageOnError(program, launch);
  return program;
}

/** A wrong command line is answered with the usage of the very command, and the way to its help. */
function showUsageOnError(command: Command, launch: Launch): void {
  command.configureOutput({
    outputError: (text, write) => {
      const path = pathOf(command);
      // What was written after an unknown option may have been meant as a value.
      const told = text.trimEnd();
      const isFlag = /^error: option '--[^']*' argument missing$/.test(told);
      const message = isFlag ? told : told.replace(/('--[^'=]+)=[^']*'/, "$1'");
      write(
        `${asTyped(message, launch)}\nusage: ${command.createHelp().commandUsage(command)}\nhelp: ${path} --help\n`,
      );
    },
  });
  for (const child of command.commands) showUsageOnError(child, launch);
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}
