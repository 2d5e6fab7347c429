import { Option } from "commander";
import type { Command } from "commander";
import { routineStatus } from "../../../../preload/contract/routines.ts";
import type { RoutineRecord } from "../../../../preload/contract/routines.ts";
import { runStatus } from "../../../../preload/contract/runs.ts";
import { UsageError } from "../errors.ts";
import { paintRunStatus, paintState, plural, relativeTime, runStatusText, stateText } from "../format.ts";
import { given, ofCompany, withExample } from "../invocation.ts";
import type { Act, Invocation } from "../invocation.ts";
import { warnOfPlainValues } from "../plain-warnings.ts";
import { oneRoutine, readRoutine, withRoutineOptions } from "../routine-definition.ts";
import type { RoutineOptions } from "../routine-definition.ts";
import { showRoutine } from "../routine-show.ts";
import { addRoutineFiles } from "./routine-files.ts";
import { addRoutineHistory } from "./routine-history.ts";
import { addRoutineRuns } from "./routine-runs.ts";
import { addRoutineNext } from "./triggers.ts";

interface ListOptions {
  status?: RoutineRecord["status"];
  project?: string;
}

interface SaveOptions extends RoutineOptions {
  changeSummary?: string;
  baseRevision?: string;
}

export function addRoutines(program: Command, act: Act): void {
  const routines = program.command("routines").description("recurring work: instructions, an agent, an env of its own");

  withExample(
    routines
      .command("list")
      .description("list the routines of a company")
      .addOption(new Option("--status <status>", "only those in this state").choices(routineStatus.options))
      .option("--project <project>", "only those of this project")
      .action(act<ListOptions>(listRoutines)),
    "routines list",
  );

  withExample(
    routines
      .command("show")
      .argument("<routine>", "id or title")
      .description("show one routine")
      .action(
        act(async (invocation) => {
          await showRoutine(invocation, (client) => client.routines.get(oneRoutine(invocation)));
        }),
      ),
    'routines show "Nightly triage"',
  );

  withExample(
    withRoutineOptions(routines.command("create").description("create a routine, from a file, from options, or both"))
      .option("--change-summary <text>", "what the first revision says about itself")
      .action(
        act<SaveOptions>(async (invocation, options) => {
          const { title, ...definition } = await readRoutine(options);
          if (title === undefined) {
            throw new UsageError("The routine has no title.", "Give it in the file, or by --title.");
          }
          await showRoutine(invocation, (client) =>
            client.routines.create({
              ...ofCompany(invocation),
              routine: { title, ...definition },
              ...given({ changeSummary: options.changeSummary }),
            }),
          );
          warnOfPlainValues(invocation.output, definition.env);
        }),
      ),
    "routines create --file nightly-triage.yaml",
    'routines create --title Hello --agent coder --instructions "Say hello."',
  );

  withExample(
    withRoutineOptions(
      routines
        .command("update")
        .argument("<routine>", "id or title")
        .description("change a routine; each real change appends a revision"),
    )
      .option("--change-summary <text>", "what the revision says about itself")
      .option("--base-revision <id>", "the revision that the change was made on; refused when another came in between")
      .action(
        act<SaveOptions>(async (invocation, options) => {
          const changes = await readRoutine(options);
          await showRoutine(invocation, (client) =>
            client.routines.update({
              ...oneRoutine(invocation),
              changes,
              ...given({ changeSummary: options.changeSummary, baseRevisionId: options.baseRevision }),
            }),
          );
          warnOfPlainValues(invocation.output, changes.env);
        }),
      ),
    'routines update "Nightly triage" --file nightly-triage.yaml --change-summary "Use the new token"',
  );

  for (const [name, description] of [
    ["pause", "pause a routine; appends no revision, and ends what waits for its next attempt"],
    ["resume", "resume a paused or archived routine"],
    ["archive", "archive a routine; it keeps its history and does not run"],
  ] as const) {
    withExample(
      routines
        .command(name)
        .argument("<routine>", "id or title")
        .description(description)
        .action(
          act(async (invocation) => {
            await showRoutine(invocation, async (client) => {
              const changed = await client.routines[name](oneRoutine(invocation));
              if (changed.endedRetries > 0) {
                invocation.output.progress(
                  `${plural(changed.endedRetries, "run")} that waited for a further attempt: over by this.`,
                );
              }
              return changed;
            });
          }),
        ),
      `routines ${name} "Nightly triage"`,
    );
  }

  addRoutineRuns(routines, act);
  addRoutineNext(routines, act);
  addRoutineHistory(routines, act);
  addRoutineFiles(routines, act);
}

async function listRoutines(invocation: Invocation, options: ListOptions): Promise<void> {
  const { output, host } = invocation;
  const now = host.clock.now();
  const { routines } = await invocation.session(({ client }) =>
    client.routines.list({ ...ofCompany(invocation), ...given({ status: options.status, project: options.project }) }),
  );
  output.answer({ routines }, () =>
    routines.length === 0
      ? `${output.hint("There is no routine here. Create one: `paperclip-desktop routines create --file FILE`")}\n`
      : output.table(
          [
            { title: "TITLE", of: (routine) => routine.title },
            {
              title: "STATUS",
              of: (routine) => stateText(routine.status),
              whole: true,
              paint: (cell, routine) => paintState(cell, routine.status, output.colours),
            },
            { title: "AGENT", of: (routine) => routine.agentName },
            { title: "PROJECT", of: (routine) => routine.projectName, spare: 3 },
            { title: "REVISION", of: (routine) => routine.latestRevisionNumber, right: true, spare: 2 },
            {
              title: "LAST RUN",
              of: (routine) => lastRun(routine, now),
              paint: (cell, routine) => {
                const status = runStatus.safeParse(routine.lastRunStatus);
                return status.success ? paintRunStatus(cell, status.data, output.colours) : cell;
              },
            },
            { title: "ID", of: (routine) => routine.id, whole: true, spare: 1 },
          ],
          routines,
        ),
  );
}

function lastRun({ lastRunAt, lastRunStatus }: RoutineRecord, now: Date): string | null {
  const status = runStatus.safeParse(lastRunStatus);
  return status.success ? `${runStatusText(status.data)} ${relativeTime(lastRunAt, now) ?? ""}` : null;
}
