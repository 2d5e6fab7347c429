import { Option } from "commander";
import type { Command } from "commander";
import { secretChange } from "../../../../preload/contract/blast.ts";
import { accessOutcome } from "../../../../preload/contract/secrets.ts";
import type { AccessEvent, AccessOutcome } from "../../../../preload/contract/secrets.ts";
import { parseCount, parseInstant } from "../arguments.ts";
import { blastText } from "../blast-text.ts";
import { versionText } from "../env-text.ts";
import { UsageError } from "../errors.ts";
import { paintState, relativeTime } from "../format.ts";
import { given, ofCompany, withExample } from "../invocation.ts";
import type { Act, Invocation } from "../invocation.ts";
import { oneSecret } from "./secret-versions.ts";

interface EventOptions {
  run?: string;
  outcome?: AccessOutcome;
  errorCode?: string;
  consumerType?: string;
  consumer?: string;
  actor?: string;
  secretVersion?: number;
  since?: string;
  until?: string;
  limit?: number;
  cursor?: string;
}

interface UsageOptions {
  before?: string;
  version?: number;
}

/** Changes as they are written on the command line. */
const CHANGES = secretChange.options.map((change) => change.replaceAll("_", "-"));

/** Who may use a secret, and who did. */
export function addSecretAccess(secrets: Command, act: Act): void {
  withExample(
    secrets
      .command("usage")
      .argument("<secret>", "id or key")
      .description("who is bound to a secret, and what a change of it would do to them")
      .addOption(
        new Option("--before <change>", "which routines and waiting runs it would stop or change").choices(CHANGES),
      )
      .option("--version <number>", "of a change: the version that it concerns", parseCount)
      .action(
        act<UsageOptions>(async (invocation, { before, version }) => {
          if (before !== undefined) return showBlast(invocation, before, version);
          if (version !== undefined) throw new UsageError("--version goes with --before.");
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
    "secrets usage gh-token --before rotate",
    "secrets usage gh-token --before disable-version --version 2",
  );

  withExample(
    secrets
      .command("events")
      .argument("[secret]", "id or key; all secrets of the company where left out")
      .description("access events, newest first; they survive their secret")
      .option("--run <id>", "only those of this run")
      .addOption(new Option("--outcome <outcome>", "only those with this outcome").choices(accessOutcome.options))
      .option("--error-code <code>", "only refusals with this code, such as secret_inactive")
      .option("--consumer-type <type>", "only what was asked for such a consumer, such as routine")
      .option("--consumer <id>", "only what was asked for this consumer")
      .option("--actor <id>", "only what this agent or user asked for")
      .option("--secret-version <number>", "only those of this version", parseCount)
      .option("--since <time>", "only from then on: an instant, or a distance such as 24h, 7d")
      .option("--until <time>", "only up to then")
      .option("--limit <count>", "rows at most", parseCount)
      .option("--cursor <cursor>", "where the last page ended")
      .action(
        act<EventOptions>(async (invocation, options) => {
          const { consumer, secretVersion, since, until, cursor, ...others } = options;
          const now = invocation.host.clock.now();
          const filters = given({
            ...others,
            secret: invocation.argumentOr(0, undefined),
            consumerId: consumer,
            version: secretVersion,
            since: since === undefined ? undefined : parseInstant(since, now),
            until: until === undefined ? undefined : parseInstant(until, now),
          });
          const page = await invocation.session(({ client }) =>
            firstFilled(cursor, (from) =>
              client.secrets.events({ ...ofCompany(invocation), ...filters, ...given({ cursor: from }) }),
            ),
          );
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
                { title: "NAME", of: (event) => event.consumerName },
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
    "secrets events --outcome failure --since 7d",
  );
}

/** What a change of the secret would do, before it is done. */
async function showBlast(invocation: Invocation, before: string, version: number | undefined): Promise<void> {
  const change = secretChange.parse(before.replaceAll("-", "_"));
  const { output, host } = invocation;
  if (version === undefined && change.endsWith("_version")) {
    throw new UsageError(`--before ${before} takes the version that it concerns.`, "Add --version N.");
  }
  const blast = await invocation.session(({ client }) =>
    client.routines.blast({ ...oneSecret(invocation), change, ...given({ version }) }),
  );
  output.answer(blast, () => blastText(blast, output, host.clock.now()));
}

interface EventPage {
  events: AccessEvent[];
  nextCursor: string | null;
}

/** The first page that has events, or the last one: where few fit, a page may be empty and have a next one. */
async function firstFilled(
  cursor: string | undefined,
  ask: (cursor: string | undefined) => Promise<EventPage>,
): Promise<EventPage> {
  let page = await ask(cursor);
  while (page.events.length === 0 && page.nextCursor !== null) page = await ask(page.nextCursor);
  return page;
}
