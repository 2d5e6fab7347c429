import type { Command } from "commander";
import { parseCount } from "../arguments.ts";
import { versionText } from "../env-text.ts";
import { paintState, relativeTime } from "../format.ts";
import { given, ofCompany, withExample } from "../invocation.ts";
import type { Act } from "../invocation.ts";

interface EventOptions {
  run?: string;
  limit?: number;
  cursor?: string;
}

/** Who may use a secret, and who did. */
export function addSecretAccess(secrets: Command, act: Act): void {
  withExample(
    secrets
      .command("usage")
      .argument("<secret>", "id or key")
      .description("who is bound to a secret")
      .action(
        act(async (invocation) => {
          const secret = invocation.argument(0);
          const answer = await invocation.session(({ client }) =>
            client.secrets.usage({ ...ofCompany(invocation), secret }),
          );
          invocation.output.answer(answer, (output) =>
            answer.usage.length === 0
              ? `Nothing is bound to ${secret}.\n`
              : output.table(
                  [
                    { title: "LAYER", of: (binding) => binding.targetType },
                    { title: "NAME", of: (binding) => binding.targetName },
                    { title: "AT", of: (binding) => binding.configPath },
                    { title: "VERSION", of: (binding) => versionText(binding.selector) },
                    { title: "ID", of: (binding) => binding.targetId, whole: true, spare: 1 },
                  ],
                  answer.usage,
                ),
          );
        }),
      ),
    "secrets usage gh-token",
  );

  withExample(
    secrets
      .command("events")
      .argument("[secret]", "id or key; all secrets of the company where left out")
      .description("access events, newest first; they survive their secret")
      .option("--run <id>", "only those of this run")
      .option("--limit <count>", "rows at most", parseCount)
      .option("--cursor <cursor>", "where the last page ended")
      .action(
        act<EventOptions>(async (invocation, { run, limit, cursor }) => {
          const filters = given({ secret: invocation.argumentOr(0, undefined), run, limit, cursor });
          const page = await invocation.session(({ client }) =>
            client.secrets.events({ ...ofCompany(invocation), ...filters }),
          );
          const now = invocation.host.clock.now();
          invocation.output.answer(page, (output) => {
            if (page.events.length === 0) return "No secret was read or refused here.\n";
            const table = output.table(
              [
                { title: "#", of: (event) => event.sequence, right: true },
                { title: "WHEN", of: (event) => relativeTime(event.createdAt, now) },
                {
                  title: "OUTCOME",
                  of: (event) =>
                    event.outcome === "success" ? "✓ read" : `✕ ${(event.errorCode ?? "refused").replaceAll("_", " ")}`,
                  paint: (cell, event) => paintState(cell, event.outcome, output.colours),
                },
                { title: "SECRET", of: (event) => event.secretKey ?? event.secretId },
                { title: "VERSION", of: (event) => (event.version === null ? null : `v${event.version}`), right: true },
                { title: "FOR", of: (event) => event.consumerType },
                { title: "AT", of: (event) => event.configPath },
                { title: "RUN", of: (event) => event.runId, spare: 1 },
              ],
              page.events,
            );
            return table + output.more(page.nextCursor);
          });
        }),
      ),
    "secrets events gh-token --limit 20",
  );
}
