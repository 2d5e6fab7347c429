import type { Command } from "commander";
import { plural, relativeTime } from "../format.ts";
import { withExample } from "../invocation.ts";
import type { Act } from "../invocation.ts";

export function addDatabase(program: Command, act: Act): void {
  withExample(
    program
      .command("db:status")
      .description("migrations: applied and pending")
      .action(
        act(async (invocation) => {
          const status = await invocation.session(({ client }) => client.database.status());
          const now = invocation.host.clock.now();
          invocation.output.answer(status, (output) => {
            const table = output.table(
              [
                { title: "#", of: (migration) => migration.number, right: true },
                { title: "MIGRATION", of: (migration) => migration.name },
                { title: "APPLIED", of: (migration) => relativeTime(migration.appliedAt, now) ?? "pending" },
              ],
              status.migrations,
            );
            return `PostgreSQL ${status.version} (${status.mode}), ${plural(status.pending, "migration")} pending.\n\n${table}`;
          });
        }),
      ),
    "db:status",
  );

  withExample(
    program
      .command("db:migrate")
      .description("apply pending migrations")
      .action(
        act(async (invocation) => {
          const answer = await invocation.session(({ client }) => client.database.migrate());
          invocation.output.answer(answer, () =>
            answer.applied.length === 0
              ? "No migration was pending.\n"
              : answer.applied.map(({ number, name }) => `Applied ${number} ${name}.\n`).join(""),
          );
        }),
      ),
    "db:migrate",
  );
}
