import type { Command } from "commander";
import { parseCount } from "../arguments.ts";
import { UsageError } from "../errors.ts";
import { paintState, relativeTime, stateText } from "../format.ts";
import { collect, given, ofCompany, withExample } from "../invocation.ts";
import type { Act } from "../invocation.ts";

interface ImportOptions {
  ref?: string[];
  key?: string;
  name?: string;
}

interface RemoteOptions {
  search?: string;
  limit?: number;
  cursor?: string;
}

/** What a provider vault holds, and linking it here. */
export function addRemoteSecrets(vaults: Command, act: Act): void {
  withExample(
    vaults
      .command("secrets")
      .argument("<vault>", "id or name")
      .description("list what a provider vault holds, and what keeps it from being imported; no value is read")
      .option("--search <text>", "only names that begin so")
      .option("--limit <count>", "rows at most, up to 100", parseCount)
      .option("--cursor <cursor>", "where the last page ended")
      .action(
        act<RemoteOptions>(async (invocation, { search, limit, cursor }) => {
          const vault = invocation.argument(0);
          const page = await invocation.session(({ client }) =>
            client.providerVaults.remoteSecrets({
              ...ofCompany(invocation),
              vault,
              ...given({ text: search, limit, cursor }),
            }),
          );
          const now = invocation.host.clock.now();
          invocation.output.answer(page, (output) => {
            if (page.secrets.length === 0) return "Nothing is there.\n";
            const table = output.table(
              [
                { title: "REFERENCE", of: (row) => row.externalRef, whole: true },
                { title: "KEY", of: (row) => row.key },
                { title: "CHANGED", of: (row) => relativeTime(row.changedAt, now), spare: 2 },
                { title: "IMPORT", of: (row) => row.reason ?? "possible", spare: 1 },
              ],
              page.secrets,
            );
            return table + output.more(page.nextCursor);
          });
        }),
      ),
    "provider-vaults secrets Main --search team/",
  );

  withExample(
    vaults
      .command("import")
      .argument("<vault>", "id or name")
      .description("link secrets of a provider vault by reference, each on its own; no value is read")
      .option("--ref <reference>", "a name or ARN; repeatable", collect)
      .option("--key <key>", "with one --ref: the key by which env bindings name it")
      .option("--name <name>", "with one --ref: a name for people")
      .action(
        act<ImportOptions>(async (invocation, { ref = [], key, name }) => {
          if (ref.length === 0) throw new UsageError("No reference is given.", "Give --ref once for each secret.");
          if (ref.length > 1 && (key !== undefined || name !== undefined)) {
            throw new UsageError(
              "--key and --name are for one reference.",
              "Import the others by a call of their own.",
            );
          }
          const vault = invocation.argument(0);
          const rows = ref.map((externalRef) => ({ externalRef, ...given({ key, name }) }));
          const answer = await invocation.session(({ client }) =>
            client.providerVaults.importSecrets({ ...ofCompany(invocation), vault, rows }),
          );
          invocation.output.answer(answer, (output) => {
            const table = output.table(
              [
                {
                  title: "RESULT",
                  of: (row) => stateText(row.result),
                  paint: (cell, row) => paintState(cell, row.result, output.colours),
                },
                { title: "REFERENCE", of: (row) => row.externalRef, whole: true },
                { title: "KEY", of: (row) => row.secret?.key ?? null },
                { title: "WHY", of: (row) => row.message, spare: 1 },
              ],
              answer.rows,
            );
            return `${table}${answer.imported} imported, ${answer.skipped} skipped, ${answer.errors} failed.\n`;
          });
        }),
      ),
    "provider-vaults import Main --ref team/slack --key slack-hook",
  );
}
