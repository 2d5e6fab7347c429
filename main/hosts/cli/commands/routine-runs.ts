import type { Command } from "commander";
import { collect, given, withExample } from "../invocation.ts";
import type { Act, Invocation } from "../invocation.ts";
import { parseAssignments } from "../arguments.ts";
import { demandSuccess, followLog, isActive, sayThatItStays, waitForRun } from "../run-follow.ts";
import { runText } from "../run-text.ts";
import { previewText } from "../routine-text.ts";
import { oneRoutine } from "../routine-definition.ts";

interface OverrideOptions {
  var?: string[];
  agent?: string;
  project?: string;
}

interface RunOptions extends OverrideOptions {
  idempotencyKey?: string;
  trigger?: string;
  wait?: true;
  follow?: true;
}

/** What starts a routine, and what shows beforehand what would be started. */
export function addRoutineRuns(routines: Command, act: Act): void {
  withExample(
    withOverrides(
      routines
        .command("preview")
        .argument("<routine>", "id or title")
        .description("the sheet of a run before it is started: who wins each key, which secrets, what command"),
    ).action(
      act<OverrideOptions>(async (invocation, options) => {
        const preview = await invocation.session(({ client }) =>
          client.routines.preview({ ...oneRoutine(invocation), ...overrides(options) }),
        );
        invocation.output.answer(preview, (output) => previewText(preview, output));
      }),
    ),
    'routines preview "Nightly triage" --var repository=web',
  );

  withExample(
    withOverrides(routines.command("run").argument("<routine>", "id or title").description("start a run"))
      .option("--idempotency-key <key>", "a key seen before answers with the run that it started")
      .option("--trigger <trigger>", "the name for calls under which it is started, by its id or label")
      .option("--wait", "wait until it is over; exit 0 only when it succeeded")
      .option("--follow", "show its masked log as it comes; implies --wait")
      .action(act<RunOptions>(startRun)),
    'routines run "Nightly triage" --var repository=web --follow',
  );
}

function withOverrides(command: Command): Command {
  return command
    .option("--var <name=value>", "a variable of the routine; repeatable", collect)
    .option("--agent <agent>", "another agent for this run")
    .option("--project <project>", "another project for this run");
}

function overrides({ var: variables, agent, project }: OverrideOptions) {
  return given({ variables: variables && parseAssignments(variables, "--var"), agent, project });
}

async function startRun(invocation: Invocation, options: RunOptions): Promise<void> {
  const { output, host } = invocation;
  const input = {
    ...oneRoutine(invocation),
    ...overrides(options),
    ...given({ idempotencyKey: options.idempotencyKey, trigger: options.trigger }),
  };
  const waits = options.wait === true || options.follow === true;
  const run = await invocation.session(async ({ client, owner }) => {
    const started = await client.routines.run(input);
    if (!waits) {
      output.answer(started, () => runText(started, output, host.clock.now()));
      sayThatItStays(invocation, owner, started);
      return started;
    }
    const reference = { company: started.companyId, run: started.id };
    output.progress(`Run ${started.id} is ${started.status}.`);
    if (options.follow && isActive(started)) await followLog(invocation, client, reference, "company");
    const ended = await waitForRun(client, reference);
    output.answer(ended, () => runText(ended, output, host.clock.now()));
    return ended;
  });
  if (waits) demandSuccess(run);
}
