import { access } from "node:fs/promises";
import path from "node:path";
import { Option } from "commander";
import type { Command } from "commander";
import type { z } from "zod";
import { retentionPreset } from "../../../../preload/contract/backups.ts";
import type { BackupEntry, PrunedBackups, RetainedBackup, WholeBackup } from "../../../../preload/contract/backups.ts";
import { withProgress } from "../backup-progress.ts";
import { bothTimes, plural, relativeTime } from "../format.ts";
import { given, withExample } from "../invocation.ts";
import type { Act } from "../invocation.ts";
import type { Output } from "../output.ts";
import { oneLine } from "../text.ts";

export function addBackups(program: Command, act: Act): void {
  withExample(
    program
      .command("db:backup")
      .description("back the database up into one file; secrets stay encrypted in it, and no key is inside")
      .option("--dir <directory>", "where the file goes; left out, data/backups of the instance")
      .addOption(
        new Option(
          "--retention-preset <preset>",
          "by which older ones are removed before, instead of the settings",
        ).choices(retentionPreset.options),
      )
      .action(
        act<TakeOptions>(async (invocation, { dir, retentionPreset: preset }) => {
          const directory = dir === undefined ? undefined : path.resolve(dir);
          const wanted = given({ directory, retentionPreset: preset });
          const taken = await invocation.session(({ client }) =>
            withProgress(invocation, client, () => client.backups.take(wanted)),
          );
          invocation.output.answer(taken, (output) => {
            const keys =
              taken.keyIds.length === 0
                ? ""
                : "The master key is not in it: keep a copy of the key apart from it, or its secrets stay closed.\n";
            const next = `Prove that it comes back: \`paperclip-desktop backups verify ${taken.path} --prove\``;
            return `${wholeText(taken, output)}\n${keys}${output.hint(next)}\n`;
          });
        }),
      ),
    "db:backup",
    "db:backup --dir /mnt/usb",
    "db:backup --retention-preset long",
  );

  const backups = program.command("backups").description("backups of the database: list and verify them");
  withExample(
    backups
      .command("list")
      .description("the backups in the folder of this instance, the newest first")
      .action(
        act(async (invocation) => {
          const answer = await invocation.session(({ client }) => client.backups.list());
          const { automatic, bytes } = answer;
          const now = invocation.host.clock.now();
          invocation.output.answer(answer, (output) => {
            if (answer.backups.length === 0) {
              return `${output.hint("There is no backup here. Take one: `paperclip-desktop db:backup`")}\n`;
            }
            const table = output.table<BackupEntry>(
              [
                { title: "FILE", of: (one) => path.basename(one.path), whole: true },
                { title: "TAKEN", of: (one) => (one.state === "ok" ? relativeTime(one.takenAt, now) : "unreadable") },
                { title: "SIZE", of: (one) => sizeText(one.bytes), right: true },
                { title: "WHY", of: (one) => (one.state === "ok" ? one.reason : null), spare: 2 },
                { title: "SCHEMA", of: (one) => (one.state === "ok" ? one.schema : null), right: true, spare: 1 },
                {
                  title: "PROVEN",
                  of: (one) =>
                    one.state === "ok" ? (relativeTime(one.provenAt, now) ?? "never") : oneLine(one.problem),
                },
              ],
              answer.backups,
            );
            const next =
              automatic.nextAt === null ? "" : ` The next one by interval: ${bothTimes(automatic.nextAt, now)}.`;
            return `${table}\n${sizeText(bytes)} in ${answer.directory}.${next}\n`;
          });
        }),
      ),
    "backups list",
  );

  withExample(
    backups
      .command("verify")
      .argument("<file>", "a path, or the name of a file in the folder of this instance")
      .description("read a backup from its first byte to its last and hold it against its sums")
      .option("--prove", "restore it into a database of its own too, and compare every table")
      .action(
        act<{ prove?: boolean }>(async (invocation, { prove = false }) => {
          const file = await fileOf(invocation.argument(0));
          const verified = await invocation.session(({ client }) =>
            withProgress(invocation, client, () => client.backups.verify({ file, prove })),
          );
          const now = invocation.host.clock.now();
          invocation.output.answer(verified, (output) => {
            const tables = output.table(
              [
                { title: "TABLE", of: (table) => table.name },
                { title: "ROWS", of: (table) => table.rows, right: true },
                { title: "SHA-256", of: (table) => table.sha256.slice(0, 16) },
              ],
              verified.tables.filter(({ rows }) => rows > 0),
            );
            const proven = prove
              ? "It was restored into a database of its own, and every table came back the same."
              : verified.provenAt === null
                ? `Every sum is right. It was never restored: add --prove.`
                : `Every sum is right. It was proven ${relativeTime(verified.provenAt, now)}.`;
            return `${wholeText(verified, output)}\n${tables}\n${proven}\n`;
          });
        }),
      ),
    "backups verify paperclip-20261121T100000000Z-manual.tar",
    "backups verify /mnt/usb/paperclip-20261121T100000000Z-manual.tar --prove",
  );

  withExample(
    backups
      .command("prune")
      .description("remove the backups of the database that retention does not keep")
      .option("--preview", "only say which are kept and why, and which would go")
      .addOption(
        new Option("--retention-preset <preset>", "the tiers, instead of those of the settings").choices(
          retentionPreset.options,
        ),
      )
      .action(
        act<{ preview?: boolean; retentionPreset?: Preset }>(async (invocation, options) => {
          const wanted = given({ preview: options.preview, retentionPreset: options.retentionPreset });
          const pruned = await invocation.session(({ client }) => client.backups.prune(wanted));
          const now = invocation.host.clock.now();
          invocation.output.answer(pruned, (output) => pruneText(pruned, output, now));
        }),
      ),
    "backups prune --preview",
    "backups prune --retention-preset short",
  );
}

interface TakeOptions {
  dir?: string;
  retentionPreset?: Preset;
}

type Preset = z.infer<typeof retentionPreset>;

function pruneText({ backups, removed, freedBytes }: PrunedBackups, output: Output, now: Date): string {
  if (backups.length === 0)
    return `${output.hint("There is no backup here. Take one: `paperclip-desktop db:backup`")}\n`;
  const table = output.table<RetainedBackup>(
    [
      { title: "FILE", of: (one) => path.basename(one.path), whole: true },
      { title: "TAKEN", of: (one) => relativeTime(one.takenAt, now) },
      { title: "SIZE", of: (one) => sizeText(one.bytes), right: true },
      { title: "KEPT FOR", of: (one) => keptText(one) },
    ],
    backups,
  );
  const gone = backups.filter(({ removedFor }) => removedFor !== null).length;
  const what = `${plural(gone, "backup")}, ${sizeText(freedBytes)}`;
  if (gone === 0) return `${table}\nAll of them are kept.\n`;
  return removed ? `${table}\nRemoved: ${what}.\n` : `${table}\nIt would remove ${what}.\n`;
}

function keptText({ keep, removedFor }: RetainedBackup): string {
  if (removedFor !== null) return removedFor === "size" ? "nothing: above the size" : "nothing";
  return keep.map((why) => why.replaceAll("_", " ")).join(", ");
}

/** A bare name may be a file here or one in the folder of the instance; whoever stands before one means that. */
async function fileOf(text: string): Promise<string> {
  const here = path.resolve(text);
  const isHere = await access(here).then(
    () => true,
    () => false,
  );
  return isHere || text !== path.basename(text) ? here : text;
}

function wholeText(backup: WholeBackup, output: Output): string {
  return output.fields([
    ["file", backup.path],
    ["taken", backup.takenAt],
    ["holds", `${plural(backup.rows, "row")} in ${plural(backup.tables.length, "table")}, ${sizeText(backup.bytes)}`],
    ["schema", `migration ${backup.schema}, app ${backup.appVersion}`],
    ["needs key", backup.keyIds.length === 0 ? "none" : backup.keyIds.join(", ")],
  ]);
}

function sizeText(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  const [unit, power] =
    bytes < 1_000_000 ? (["kB", 3] as const) : bytes < 1_000_000_000 ? (["MB", 6] as const) : (["GB", 9] as const);
  return `${(bytes / 10 ** power).toFixed(1)} ${unit}`;
}
