import type { Command } from "commander";
import type { RunFilters, RunView } from "../../../../preload/contract/runs.ts";
import { UsageError } from "../errors.ts";
import { relativeTime } from "../format.ts";
import { ofCompany, withExample } from "../invocation.ts";
import type { Act, Invocation } from "../invocation.ts";
import type { Output } from "../output.ts";
import { filtersOf, withFilters } from "../run-filters.ts";
import type { FilterOptions } from "../run-filters.ts";
import { parseCount } from "../arguments.ts";

interface SaveOptions extends FilterOptions {
  withinHours?: number;
}

export function addRunViews(runs: Command, act: Act): void {
  const views = runs.command("views").description("filters of runs that are kept under a name");
  withExample(views, "runs views list");
  withExample(
    views
      .command("list")
      .description("list views by name")
      .action(
        act(async (invocation) => {
          const answer = await invocation.session(({ client }) => client.runs.views(ofCompany(invocation)));
          invocation.output.answer(answer, (output) => viewsText(answer.views, output, invocation.host.clock.now()));
        }),
      ),
    "runs views list",
  );
  withExample(
    withFilters(views.command("save").argument("<name>", "of the view").description("keep filters under a name"))
      .option("--within-hours <hours>", "the last so many hours, whenever it is looked at", parseCount)
      .action(act<SaveOptions>(save)),
    "runs views save Broken --status failed,timed_out --within-hours 24",
  );
  withExample(
    views
      .command("remove")
      .argument("<view>", "id or name")
      .description("remove a view; no run is touched by it")
      .action(
        act(async (invocation) => {
          const view = invocation.argument(0);
          const removed = await invocation.session(({ client }) =>
            client.runs.removeView({ ...ofCompany(invocation), view }),
          );
          invocation.output.answer(removed, () => `The view ${JSON.stringify(removed.name)} is removed.\n`);
        }),
      ),
    "runs views remove Broken",
  );
}

async function save(invocation: Invocation, { withinHours, ...options }: SaveOptions): Promise<void> {
  const filters: RunFilters = filtersOf(options, invocation.host.clock.now());
  if (withinHours !== undefined && filters.since !== undefined) {
    throw new UsageError("A view has one beginning.", "Leave out --since or --within-hours.");
  }
  const name = invocation.argument(0);
  const view = { name, filters: { ...filters, ...(withinHours === undefined ? {} : { withinHours }) } };
  const saved = await invocation.session(({ client }) => client.runs.saveView({ ...ofCompany(invocation), ...view }));
  invocation.output.answer(saved, (output) => viewsText([saved], output, invocation.host.clock.now()));
}

function viewsText(views: readonly RunView[], output: Output, now: Date): string {
  if (views.length === 0) {
    return `${output.hint("There is no view. Save one: `paperclip-desktop runs views save NAME --status failed`")}\n`;
  }
  return output.table(
    [
      { title: "NAME", of: (view) => view.name },
      { title: "FILTERS", of: (view) => filtersText(view.filters) },
      { title: "CHANGED", of: (view) => relativeTime(view.updatedAt, now), whole: true },
    ],
    views,
  );
}

function filtersText(filters: RunFilters): string {
  const words = Object.entries(filters).map(
    ([name, value]) => `${name} ${Array.isArray(value) ? value.join(",") : value}`,
  );
  return words.length === 0 ? "every run" : words.join(" · ");
}
