import type { Command } from "commander";
import type { LogCount, RunRecord } from "../../../../preload/contract/runs.ts";
import type { ContractClient } from "../../../control-plane-port.ts";
import { UsageError } from "../errors.ts";
import { byteCount, duration, paintRunStatus, plural, relativeTime, runStatusText } from "../format.ts";
import { given, ofCompany, withExample } from "../invocation.ts";
import type { Act, Invocation } from "../invocation.ts";
import { filtersOf, filtersOfView, withFilters } from "../run-filters.ts";
import type { FilterOptions } from "../run-filters.ts";
import { followLog, isActive, sayThatItStays } from "../run-follow.ts";
import { detailText, runText, sourceText } from "../run-text.ts";
import { addRunViews } from "./run-views.ts";
import { parseCount, parseWhole } from "../arguments.ts";

/** How long a cancelled run is waited for; its processes get 10 s to end by themselves. */
const CANCEL_MS = 20_000;

interface ListOptions extends FilterOptions {
  view?: string;
  limit?: number;
  cursor?: string;
}

interface LogOptions {
  follow?: true;
  attempt?: number;
  tail?: number;
}

interface PruneOptions {
  preview?: true;
  days?: number;
  totalBytes?: number;
}

export function addRuns(program: Command, act: Act): void {
  const runs = program.command("runs").description("what ran, what it got, and what became of it");

  withExample(
    withFilters(runs.command("list").description("list runs, newest first"))
      .option("--view <view>", "as a saved view narrows them; filters beside it win")
      .option("--limit <count>", "rows at most", parseCount)
      .option("--cursor <cursor>", "where the last page ended")
      .action(act<ListOptions>(listRuns)),
    "runs list --status failed --since 24h",
  );

  addRunViews(runs, act);

  withExample(
    runs
      .command("show")
      .argument("<run>", "id")
      .description("show one run: why it failed, what it got, its attempts")
      .action(
        act(async (invocation) => {
          const run = await invocation.session(({ client }) => client.runs.get(one(invocation)));
          invocation.output.answer(run, (output) => detailText(run, output, invocation.host.clock.now()));
        }),
      ),
    "runs show 8f3c2b1e-…",
  );

  withExample(
    runs
      .command("logs")
      .argument("<run>", "id")
      .description("the masked log of a run")
      .option("--follow", "go on until the run is over")
      .option("--attempt <number>", "of this attempt; the last one where left out", parseCount)
      .option("--tail <lines>", "only the last lines", parseCount)
      .action(act<LogOptions>(showLogs)),
    "runs logs 8f3c2b1e-… --follow",
  );

  withExample(
    runs
      .command("cancel")
      .argument("<run>", "id")
      .description("end a run and its whole process tree")
      .action(
        act(async (invocation) => {
          const run = await invocation.session(({ client }) => cancelRun(invocation, client));
          invocation.output.answer(run, (output) => runText(run, output, invocation.host.clock.now()));
        }),
      ),
    "runs cancel 8f3c2b1e-…",
  );

  withExample(
    runs
      .command("retry")
      .argument("<run>", "id")
      .description(
        "try a finished run again, or a waiting one now, with the same revision and sheet, as a further attempt",
      )
      .action(
        act(async (invocation) => {
          await invocation.session(async ({ client, owner }) => {
            const run = await client.runs.retry(one(invocation));
            invocation.output.answer(run, (output) => runText(run, output, invocation.host.clock.now()));
            sayThatItStays(invocation, owner, run);
          });
        }),
      ),
    "runs retry 8f3c2b1e-…",
  );

  withExample(
    runs
      .command("prune-logs")
      .description("remove the logs that retention lets go, which happens every hour too; runs keep their records")
      .option("--preview", "say what would go, and remove nothing")
      .option("--days <days>", "with --preview: as if logs were kept for so long; 0 for whatever their age", parseWhole)
      .option("--total-bytes <bytes>", "with --preview: as if all might hold so much; 0 for any size", parseWhole)
      .action(act<PruneOptions>(pruneLogs)),
    "runs prune-logs --preview --days 30",
  );
}

async function pruneLogs(invocation: Invocation, options: PruneOptions): Promise<void> {
  const { preview, days, totalBytes } = options;
  if (!preview && (days !== undefined || totalBytes !== undefined)) {
    throw new UsageError(
      "--days and --total-bytes show what other settings would remove; they go with --preview.",
      "Change the settings: `paperclip-desktop configure --section general --set logRetentionDays=30`",
    );
  }
  if (!preview) {
    const removed = await invocation.session(({ client }) => client.runs.pruneLogs());
    invocation.output.answer(removed, () => `${countText(removed)} removed; records, hashes and last lines stay.\n`);
    return;
  }
  const plan = await invocation.session(({ client }) => client.runs.logRetention(given({ days, totalBytes })));
  invocation.output.answer(plan, (output) =>
    output.fields([
      ["logs now", countText(plan.all)],
      ["too old", countText(plan.byAge)],
      ["too many", countText(plan.bySize)],
    ]),
  );
}

function countText({ logs, bytes }: LogCount): string {
  return `${plural(logs, "log")}, ${byteCount(bytes)}`;
}

/** Asks a run to end and waits until it has: the answer is what became of it. */
async function cancelRun(invocation: Invocation, client: ContractClient): Promise<RunRecord> {
  const asked = await client.runs.cancel(one(invocation));
  if (!isActive(asked)) return asked;
  invocation.output.progress("The run and everything that it started is being ended.");
  return client.runs.wait({ company: asked.companyId, run: asked.id, timeoutMs: CANCEL_MS });
}

function one(invocation: Invocation): { company?: string; run: string } {
  return { ...ofCompany(invocation), run: invocation.argument(0) };
}

async function listRuns(invocation: Invocation, options: ListOptions): Promise<void> {
  const { output, host } = invocation;
  const now = host.clock.now();
  const { view, limit, cursor, ...asked } = options;
  const filters = filtersOf(asked, now);
  const page = await invocation.session(async ({ client }) => {
    const saved = view === undefined ? {} : await filtersOfView(invocation, client, view);
    return client.runs.list({ ...ofCompany(invocation), ...saved, ...filters, ...given({ limit, cursor }) });
  });
  output.answer(page, () => {
    if (page.runs.length === 0) {
      return `${output.hint("No run matches. Start one: `paperclip-desktop routines run NAME`")}\n`;
    }
    const table = output.table(
      [
        { title: "ID", of: (run) => run.id, whole: true },
        {
          title: "STATUS",
          of: (run) => runStatusText(run.status),
          whole: true,
          paint: (cell, run) => paintRunStatus(cell, run.status, output.colours),
        },
        { title: "ROUTINE", of: (run) => run.routineTitle },
        { title: "STARTED BY", of: sourceText, spare: 1 },
        { title: "WHEN", of: (run) => relativeTime(run.triggeredAt, now), whole: true },
        { title: "TOOK", of: (run) => duration(run.startedAt, run.completedAt), right: true, spare: 2 },
        { title: "WHY", of: (run) => run.failure?.message ?? "", spare: 3 },
      ],
      page.runs,
    );
    return table + output.more(page.nextCursor);
  });
}

async function showLogs(invocation: Invocation, { follow, attempt, tail }: LogOptions): Promise<void> {
  const { output } = invocation;
  if (follow && (attempt !== undefined || tail !== undefined)) {
    throw new UsageError("--follow shows the whole log of a run as it comes.", "Leave out --attempt and --tail.");
  }
  if (follow) {
    const lines = await invocation.session(async ({ client }) =>
      followLog(invocation, client, one(invocation), "answer"),
    );
    if (output.json) output.answer({ lines: lines.lines }, () => "");
    return;
  }
  const log = await invocation.session(({ client }) =>
    client.runs.logs({ ...one(invocation), ...given({ attempt, tail }) }),
  );
  if (output.json) return output.answer(log, () => "");
  if (log.truncated) output.progress("Earlier lines are left out.");
  for (const line of log.lines) output.log(line.text, false);
}
