import type { Command } from "commander";
import { parseCount } from "../arguments.ts";
import { relativeTime } from "../format.ts";
import { given, ofCompany, withExample } from "../invocation.ts";
import type { Act } from "../invocation.ts";

interface ListOptions {
  entityType?: string;
  entityId?: string;
  limit?: number;
  cursor?: string;
}

export function addActivity(program: Command, act: Act): void {
  const activity = program.command("activity").description("what was done by whom");
  withExample(
    activity
      .command("list")
      .description("what was done, newest first")
      .option("--entity-type <type>", "only about this kind of record, such as routine")
      .option("--entity-id <id>", "only about this record")
      .option("--limit <count>", "rows at most", parseCount)
      .option("--cursor <cursor>", "where the last page ended")
      .action(
        act<ListOptions>(async (invocation, options) => {
          const filters = given({ ...options });
          const page = await invocation.session(({ client }) =>
            client.activity.list({ ...ofCompany(invocation), ...filters }),
          );
          const now = invocation.host.clock.now();
          invocation.output.answer(page, (output) => {
            if (page.entries.length === 0) return "Nothing was done here yet.\n";
            const table = output.table(
              [
                { title: "WHEN", of: (entry) => relativeTime(entry.createdAt, now) },
                { title: "ACTION", of: (entry) => entry.action },
                { title: "BY", of: (entry) => entry.actor.id ?? entry.actor.type },
                { title: "DETAILS", of: (entry) => detailsText(entry.details) },
                { title: "ABOUT", of: (entry) => `${entry.entityType} ${entry.entityId}` },
              ],
              page.entries,
            );
            return table + output.more(page.nextCursor);
          });
        }),
      ),
    "activity list --entity-type routine --limit 20",
  );
}

function detailsText(details: Readonly<Record<string, unknown>>): string {
  return Object.entries(details)
    .map(([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(", ");
}
