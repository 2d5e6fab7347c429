import type { Command } from "commander";
import { relativeTime } from "../format.ts";
import { collect, given, withExample } from "../invocation.ts";
import type { Act } from "../invocation.ts";
import { parseCount, parseRevision } from "../arguments.ts";
import { diffText, restorePreviewText } from "../routine-text.ts";
import { showRoutine } from "../routine-show.ts";
import { oneRoutine } from "../routine-definition.ts";

interface PageOptions {
  limit?: number;
  cursor?: string;
}

interface RestoreOptions {
  preview?: true;
  leaveOut?: string[];
  changeSummary?: string;
}

/** The revisions of a routine: what they were, how they differ, and the way back to one. */
export function addRoutineHistory(routines: Command, act: Act): void {
  withExample(
    routines
      .command("revisions")
      .argument("<routine>", "id or title")
      .description("the revisions of a routine, newest first")
      .option("--limit <count>", "rows at most", parseCount)
      .option("--cursor <cursor>", "where the last page ended")
      .action(
        act<PageOptions>(async (invocation, { limit, cursor }) => {
          const page = await invocation.session(({ client }) =>
            client.routines.revisions({ ...oneRoutine(invocation), ...given({ limit, cursor }) }),
          );
          const now = invocation.host.clock.now();
          invocation.output.answer(page, (output) => {
            const table = output.table(
              [
                { title: "REVISION", of: (revision) => revision.number, right: true },
                { title: "", of: (revision) => (revision.current ? "current" : "") },
                { title: "TITLE", of: (revision) => revision.title },
                { title: "CHANGE", of: (revision) => revision.changeSummary },
                {
                  title: "RESTORED",
                  of: (revision) => revision.restoredFromNumber && `from ${revision.restoredFromNumber}`,
                },
                { title: "MADE", of: (revision) => relativeTime(revision.createdAt, now) },
                { title: "ID", of: (revision) => revision.id, whole: true, spare: 1 },
              ],
              page.revisions,
            );
            return table + output.more(page.nextCursor);
          });
        }),
      ),
    'routines revisions "Nightly triage"',
  );

  withExample(
    routines
      .command("diff")
      .argument("<routine>", "id or title")
      .argument("<from>", "number of a revision")
      .argument("<to>", "number of a revision")
      .description("what changed between two revisions, without values")
      .action(
        act(async (invocation) => {
          const [from, to] = [parseRevision(invocation.argument(1)), parseRevision(invocation.argument(2))];
          const diff = await invocation.session(({ client }) =>
            client.routines.diff({ ...oneRoutine(invocation), from, to }),
          );
          invocation.output.answer(diff, (output) => diffText(diff, output));
        }),
      ),
    'routines diff "Nightly triage" 3 5',
  );

  withExample(
    routines
      .command("restore")
      .argument("<routine>", "id or title")
      .argument("<revision>", "number of the revision")
      .description("restore a revision by appending a copy of it")
      .option("--preview", "show what would change, and change nothing")
      .option("--leave-out <key>", "restore without this env key, whose secret is gone; repeatable", collect)
      .option("--change-summary <text>", "what the new revision says about itself")
      .action(
        act<RestoreOptions>(async (invocation, { preview, leaveOut, changeSummary }) => {
          const input = { ...oneRoutine(invocation), revision: parseRevision(invocation.argument(1)) };
          const { output } = invocation;
          if (preview) {
            const shown = await invocation.session(({ client }) => client.routines.restorePreview(input));
            output.answer(shown, () => restorePreviewText(shown, output));
            return;
          }
          await showRoutine(invocation, (client) =>
            client.routines.restore({ ...input, ...given({ leaveOut, changeSummary }) }),
          );
        }),
      ),
    'routines restore "Nightly triage" 3 --preview',
    'routines restore "Nightly triage" 3 --leave-out OLD_TOKEN',
  );
}
