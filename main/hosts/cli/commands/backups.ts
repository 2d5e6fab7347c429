import { access } from "node:fs/promises";
import path from "node:path";
import { Option } from "commander";
import type { Command } from "commander";
import type { z } from "zod";
import { retentionPreset } from "../../../../preload/contract/backups.ts";
import type {
  AutomaticBackups,
  BackupEntry,
  FullContent,
  PrunedBackups,
  RetainedBackup,
  TakenBackup,
  WholeBackup,
} from "../../../../preload/contract/backups.ts";
import { areasText, countAreas } from "../../../../preload/rules/backup-areas.ts";
import { leftTablesText } from "../../../../preload/rules/left-tables.ts";
import { schemaDifferencesText } from "../../../../preload/rules/schema-differences.ts";
import { withProgress } from "../backup-progress.ts";
import { bothTimes, byteCount, plural, relativeTime } from "../format.ts";
import { UsageError } from "../errors.ts";
import { given, withExample } from "../invocation.ts";
import type { Act, Invocation } from "../invocation.ts";
import { quoted } from "../launch.ts";
import type { Output } from "../output.ts";
import { oneLine, plainLines } from "../text.ts";
import { readCode, readPassphrase } from "../values.ts";
import type { CodeOptions, PassphraseOptions } from "../values.ts";

/** What an interrupted command says beside that. */
const NOT_TAKEN = "No backup was taken.";

export function addBackups(program: Command, act: Act): void {
  withExample(
    program
      .command("db:backup")
      .description("back the database up into one file; secrets stay encrypted in it, and no key is inside")
      .option(
        "--dir <directory>",
        "where the file goes, made where it alone is missing; left out, data/backups of the instance",
      )
      .option("--full", "one encrypted file with everything: database, master key, files and settings")
      .option("--passphrase-file <file>", "with --full: what opens it; left out, the recovery code in force does")
      .option("--passphrase-stdin", "with --full: read the passphrase from standard input")
      .option("--passphrase-env <name>", "with --full: take the passphrase from this variable of the environment")
      .addOption(
        new Option(
          "--retention-preset <preset>",
          "by which older ones are removed before, instead of the settings",
        ).choices(retentionPreset.options),
      )
      .action(
        act<TakeOptions>(async (invocation, { dir, full, retentionPreset: preset, ...source }) => {
          const directory = dir === undefined ? undefined : path.resolve(dir);
          if (full) return takeFull(invocation, directory, source);
          if (Object.keys(source).length > 0) throw new UsageError("A passphrase goes with --full alone.");
          const wanted = given({ directory, retentionPreset: preset });
          const taken = await invocation.session(
            ({ client }) => withProgress(invocation, client, NOT_TAKEN, () => client.backups.take(wanted)),
            { patient: true },
          );
          invocation.output.answer(taken, (output) => {
            const keys =
              taken.keyIds.length === 0
                ? ""
                : "The master key is not in it: keep a copy of the key apart from it, or its secrets stay closed.\n";
            const next = `Prove that it comes back: \`paperclip-desktop backups verify ${quoted(taken.path)} --prove\``;
            return `${wholeText(taken, output)}\n${removedText(taken)}${keys}${output.hint(next)}\n`;
          });
        }),
      ),
    "db:backup",
    "db:backup --dir /mnt/usb",
    "db:backup --full --passphrase-file passphrase.txt",
  );

  const backups = program.command("backups").description("backups: list them, verify and prove one, remove old ones");
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
                {
                  title: "TAKEN",
                  of: (one) => (one.state === "unreadable" ? "unreadable" : relativeTime(one.takenAt, now)),
                },
                { title: "SIZE", of: (one) => byteCount(one.bytes), right: true },
                {
                  title: "WHY",
                  of: (one) => (one.state === "ok" ? one.reason : one.state === "sealed" ? sealedText(one) : null),
                  spare: 2,
                },
                { title: "HOLDS", of: holdsText, spare: 3 },
                { title: "SCHEMA", of: (one) => (one.state === "ok" ? one.schema : null), right: true, spare: 1 },
                {
                  title: "PROVEN",
                  of: (one) =>
                    one.state === "unreadable"
                      ? oneLine(one.problem)
                      : (provenText(one, now) ?? (one.state === "sealed" ? sealedProof(one) : "never")),
                },
              ],
              answer.backups,
            );
            const next =
              automatic.nextAt === null ? "" : ` The next one by interval: ${bothTimes(automatic.nextAt, now)}.`;
            return `${table}\n${byteCount(bytes)} in ${answer.directory}.${next}${nextFullText(automatic, now)}\n`;
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
      .option("--passphrase-file <file>", "what opens a full backup")
      .option("--passphrase-stdin", "read the passphrase from standard input")
      .option("--passphrase-env <name>", "take the passphrase from this variable of the environment")
      .option("--code-file <file>", "the recovery code, for a full backup that was encrypted to it")
      .option("--code-stdin", "read the recovery code from standard input")
      .option("--code-env <name>", "take the recovery code from this variable of the environment")
      .action(
        act<VerifyOptions>(async (invocation, { prove = false, ...source }) => {
          const file = await fileOf(invocation.argument(0));
          const opening = await openingOf(source, invocation);
          const undone = `The backup was not ${prove ? "proven" : "verified"}.`;
          const verified = await invocation.session(
            ({ client }) =>
              withProgress(invocation, client, undone, () => client.backups.verify({ file, prove, ...opening })),
            { patient: true },
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
              ? `It was restored into a database of its own, and every table ${verified.notRestored.length === 0 ? "" : "of this app "}came back the same.`
              : verified.provenAt === null
                ? `Every sum is right. It was never restored: add --prove.`
                : `Every sum is right. It was proven ${relativeTime(verified.provenAt, now)}.`;
            const differences = schemaDifferencesText(verified.schemaDifferences);
            const schema = differences === null ? "" : `${plainLines(`Schema: ${differences}.`, false)}\n`;
            const { notNoted } = verified;
            const noted =
              notNoted === null ? "" : `${plainLines(`The proof could not be noted: ${notNoted}`, false)}\n`;
            return `${wholeText(verified, output)}\n${tables}\n${proven}\n${schema}${noted}`;
          });
        }),
      ),
    "backups verify paperclip-20261121T100000000Z-manual.tar",
    "backups verify /mnt/usb/paperclip-20261121T100000000Z-full.tar.age --prove --passphrase-file passphrase.txt",
  );

  withExample(
    backups
      .command("prune")
      .description("remove the backups that retention does not keep; full ones that were taken by hand stay")
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

function holdsText(one: BackupEntry): string | null {
  if (one.state === "unreadable") return null;
  if (one.state === "sealed") return "database, key, files, settings";
  return one.holds === null ? "its end is missing" : areasText(one.holds);
}

/** When it was proven, and what of its schema was found to differ then. */
function provenText(one: Exclude<BackupEntry, { state: "unreadable" }>, now: Date): string | null {
  const when = relativeTime(one.provenAt, now);
  const found = one.provenDifferences;
  return when === null || found === null ? when : `${when}; ${plural(found.count, "difference")} of the schema`;
}

type Sealed = Extract<BackupEntry, { state: "sealed" }>;

function sealedText({ reason }: Sealed): string {
  return { manual: "full", scheduled: "full, scheduled", received: "full, received" }[reason];
}

/** What nobody here can open is never proven by itself. */
function sealedProof({ openedBy, reason }: Sealed): string {
  // On arrival nothing of it can be read but its head.
  if (reason === "received") return "not checked: encrypted";
  return openedBy === "recovery" ? "needs the recovery code" : "needs the passphrase";
}

function nextFullText({ full }: AutomaticBackups, now: Date): string {
  if (full.nextAt !== null) return ` The next one of everything: ${bothTimes(full.nextAt, now)}.`;
  if (full.state !== "no_code") return "";
  return " None of everything is taken by interval while there is no recovery code: `paperclip-desktop secrets key recovery create`";
}

interface TakeOptions extends PassphraseOptions {
  dir?: string;
  full?: boolean;
  retentionPreset?: Preset;
}

async function takeFull(
  invocation: Invocation,
  directory: string | undefined,
  source: PassphraseOptions,
): Promise<void> {
  const passphrase = await readPassphrase(source, invocation.host);
  const taken = await invocation.session(
    ({ client }) =>
      withProgress(invocation, client, NOT_TAKEN, () => client.backups.takeFull(given({ directory, passphrase }))),
    { patient: true },
  );
  invocation.output.answer(taken, (output) => {
    const what = taken.full?.openedBy === "recovery" ? "the recovery code" : "the passphrase";
    const next = `Prove that it opens: \`paperclip-desktop backups verify ${quoted(taken.path)} --prove ${taken.full === null ? "" : openingOption(taken.full)}\``;
    return `${wholeText(taken, output)}\nWithout ${what} nobody opens it, this app neither.\n${output.hint(next)}\n`;
  });
}

type Preset = z.infer<typeof retentionPreset>;

interface VerifyOptions extends PassphraseOptions, CodeOptions {
  prove?: boolean;
}

export async function openingOf(source: PassphraseOptions & CodeOptions, { host }: Invocation) {
  const withCode = [source.codeFile, source.codeStdin, source.codeEnv].some((one) => one !== undefined);
  return given({
    passphrase: await readPassphrase(
      given({
        passphraseFile: source.passphraseFile,
        passphraseStdin: source.passphraseStdin,
        passphraseEnv: source.passphraseEnv,
      }),
      host,
    ),
    code: withCode ? await readCode(source, host) : undefined,
  });
}

function pruneText({ backups, removed, freedBytes }: PrunedBackups, output: Output, now: Date): string {
  if (backups.length === 0)
    return `${output.hint("There is no backup here. Take one: `paperclip-desktop db:backup`")}\n`;
  const table = output.table<RetainedBackup>(
    [
      { title: "FILE", of: (one) => path.basename(one.path), whole: true },
      { title: "TAKEN", of: (one) => relativeTime(one.takenAt, now) },
      { title: "SIZE", of: (one) => byteCount(one.bytes), right: true },
      { title: "KEPT FOR", of: (one) => keptText(one) },
    ],
    backups,
  );
  const gone = backups.filter(({ removedFor }) => removedFor !== null).length;
  const what = `${plural(gone, "backup")}, ${byteCount(freedBytes)}`;
  if (gone === 0) return `${table}\nAll of them are kept.\n`;
  return removed ? `${table}\nRemoved: ${what}.\n` : `${table}\nIt would remove ${what}.\n`;
}

function keptText({ keep, removedFor }: RetainedBackup): string {
  if (removedFor !== null) return removedFor === "size" ? "nothing: above the size" : "nothing";
  return keep.map((why) => why.replaceAll("_", " ")).join(", ");
}

/** A bare name may be a file here or one in the folder of the instance; whoever stands before one means that. */
export async function fileOf(text: string): Promise<string> {
  const here = path.resolve(text);
  const isHere = await access(here).then(
    () => true,
    () => false,
  );
  return isHere || text !== path.basename(text) ? here : text;
}

function removedText({ removed, notRemoved }: TakenBackup): string {
  const names = removed.map((file) => path.basename(file)).join(", ");
  const gone = removed.length === 0 ? "" : `Retention did not keep ${names}: removed.\n`;
  return (
    gone +
    notRemoved
      .map(({ path: file, why }) => `Retention does not keep ${path.basename(file)}, and it is still there. ${why}\n`)
      .join("")
  );
}

function wholeText(backup: WholeBackup, output: Output): string {
  return output.fields([
    ["file", backup.path],
    ["taken", backup.takenAt],
    ["holds", areasText(countAreas(backup.tables))],
    ["in all", `${plural(backup.rows, "row")} in ${plural(backup.tables.length, "table")}, ${byteCount(backup.bytes)}`],
    ["schema", `migration ${backup.schema}, app ${backup.appVersion}`],
    ["not restored", leftTablesText(backup.notRestored)],
    ...(backup.full === null
      ? [["needs key", backup.keyIds.length === 0 ? "none" : backup.keyIds.join(", ")] as const]
      : fullFields(backup.full)),
  ]);
}

/** The option that opens a full backup, as it is typed. */
export function openingOption({ openedBy }: FullContent): string {
  return openedBy === "recovery" ? "--code-file FILE" : "--passphrase-file FILE";
}

export function fullFields({ openedBy, keyId, settings, files, links, leftOutCount }: FullContent) {
  const linked = links === 0 ? "" : `; ${plural(links, "symbolic link")}`;
  const left =
    leftOutCount === 0 ? "" : `; ${plural(leftOutCount, "entry", "entries")} left out, see left-out.json inside`;
  return [
    ["opened by", openedBy === "passphrase" ? "the passphrase" : "the recovery code"],
    ["key inside", keyId ?? "none: there was none"],
    ["settings", settings.length === 0 ? "none: all as by default" : settings.join(", ")],
    ["files", `${files.count}, ${byteCount(files.bytes)}${linked}${left}`],
  ] as const;
}
