import type { Command } from "commander";
import type { Restored, RestorePreview, RestoreWork } from "../../../../preload/contract/restore.ts";
import { areasText, countAreas } from "../../../../preload/rules/backup-areas.ts";
import { leftTablesText } from "../../../../preload/rules/left-tables.ts";
import type { ContractClient } from "../../../control-plane-port.ts";
import { confirmed, mayAsk } from "../confirm.ts";
import { Failure, Interrupted } from "../errors.ts";
import { plural, relativeTime } from "../format.ts";
import { given, withExample } from "../invocation.ts";
import type { Act, Invocation } from "../invocation.ts";
import type { Output } from "../output.ts";
import { plainLines } from "../text.ts";
import type { CodeOptions, PassphraseOptions } from "../values.ts";
import { fileOf, fullFields, openingOf, sizeText } from "./backups.ts";

/** Milliseconds between two looks at how far a restore is. */
const LOOK_MS = 500;

const PHASES = {
  verifying: "Reading the backup against its sums",
  stopping: "Ending what runs; nothing can be changed from now on",
  loading: "Loading it into a database of its own, and comparing every table",
  swapping: "Putting it in place",
  starting: "Starting",
} as const satisfies Record<RestoreWork["phase"], string>;

interface RestoreOptions extends PassphraseOptions, CodeOptions {
  preview?: true;
  yes?: true;
}

export function addRestore(program: Command, act: Act): void {
  withExample(
    program
      .command("db:restore")
      .argument("<file>", "a path, or the name of a file in the folder of backups of this instance")
      .description("put a backup in place of the database in use, which is kept for 7 days")
      .option("--preview", "say what it would bring and what it would cost, and change nothing")
      .option("--yes", "do not ask")
      .option("--passphrase-file <file>", "what opens a full backup")
      .option("--passphrase-stdin", "read the passphrase from standard input")
      .option("--passphrase-env <name>", "take the passphrase from this variable of the environment")
      .option("--code-file <file>", "the recovery code, for a full backup that was encrypted to it")
      .option("--code-stdin", "read the recovery code from standard input")
      .option("--code-env <name>", "take the recovery code from this variable of the environment")
      .action(act<RestoreOptions>(restore)),
    "db:restore paperclip-20261121T100000000Z-manual.tar --preview",
    "db:restore /mnt/usb/paperclip-20261121T100000000Z-manual.tar --yes",
  );

  withExample(
    program
      .command("db:restore-undo")
      .description("put back what was in use before the last restore, or before its undo")
      .option("--id <kept>", "which kept state; left out, the newest")
      .option("--yes", "do not ask")
      .action(act<{ id?: string; yes?: true }>(undo)),
    "db:restore-undo --yes",
  );

  withExample(
    program
      .command("db:restore-release")
      .description("let schedules, queued runs and webhooks work again after a restore")
      .option("--cancel-queued", "cancel the runs that wait in the queue instead of starting them")
      .action(
        act<{ cancelQueued?: true }>(async (invocation, { cancelQueued }) => {
          const queued = cancelQueued ? "cancel" : "start";
          const released = await invocation.session(({ client }) => client.restore.release({ queued }));
          const runs = plural(released.queued, "run");
          invocation.output.answer(
            released,
            () =>
              `Schedules and webhooks work again from now on. ${runs} ${cancelQueued ? "cancelled" : "let go"}; slots of ${plural(released.triggers, "trigger")} that were due meanwhile are noted as skipped.\n`,
          );
        }),
      ),
    "db:restore-release",
    "db:restore-release --cancel-queued",
  );
}

async function restore(invocation: Invocation, { preview: only, yes, ...source }: RestoreOptions): Promise<void> {
  const file = await fileOf(invocation.argument(0));
  const input = { file, ...(await openingOf(source, invocation)) };
  await invocation.session(
    async ({ client }) => {
      const asked = only === true || yes !== true;
      const preview = asked ? await following(invocation, client, client.restore.preview(input)) : null;
      if (preview !== null && (only || !mayAsk(invocation))) {
        invocation.output.answer(preview, (output) => previewText(preview, output, invocation.host.clock.now()));
        if (only) return;
        throw notConfirmed();
      }
      if (preview !== null) {
        const text = previewText(preview, invocation.output, invocation.host.clock.now());
        await confirmed(invocation, text, "Put it in place of what is in use?");
      }
      const restored = await following(invocation, client, client.restore.start(input));
      invocation.output.answer(restored, (output) => restoredText(restored, output));
    },
    { rescue: true },
  );
}

async function undo(invocation: Invocation, { id, yes }: { id?: string; yes?: true }): Promise<void> {
  await invocation.session(
    async ({ client }) => {
      if (!yes) {
        const { kept } = await client.restore.state();
        const state = id === undefined ? kept[0] : kept.find((one) => one.id === id);
        if (state && !mayAsk(invocation)) throw notConfirmed();
        if (state) {
          const what = state.before === "restore" ? `${state.source} was restored` : "a restore was undone";
          const text = `What was in use until ${state.keptAt}, when ${what}, comes back. What is in use now is kept for 7 days.\n`;
          await confirmed(invocation, text, "Put it back?");
        }
      }
      const undone = await following(invocation, client, client.restore.undo(given({ id })));
      invocation.output.answer(undone, (output) => restoredText(undone, output));
    },
    { rescue: true },
  );
}

function notConfirmed(): Failure {
  return new Failure({
    code: "not_confirmed",
    message: "Nothing was changed: it was not confirmed.",
    next: "Add --yes to do it without being asked.",
  });
}

/** Tells how far the work is until it is over. An interruption gives it up, as long as that is possible, and waits for the end. */
async function following<Answer>(
  { output, signal }: Invocation,
  client: ContractClient,
  work: Promise<Answer>,
): Promise<Answer> {
  let over = false;
  let told: RestoreWork["phase"] | null = null;
  const giveUp = () => void client.restore.cancel().catch(() => undefined);
  signal.addEventListener("abort", giveUp, { once: true });
  const tell = async () => {
    while (!over) {
      const { work: now } = await client.restore.state().catch(() => ({ work: null }));
      if (now !== null && now.phase !== told) output.progress(`${PHASES[now.phase]} …`);
      told = now?.phase ?? told;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS).unref());
    }
  };
  void tell();
  try {
    return await work;
  } catch (error) {
    if (signal.aborted && signal.reason instanceof Interrupted) throw signal.reason;
    throw error;
  } finally {
    over = true;
    signal.removeEventListener("abort", giveUp);
  }
}

function previewText(preview: RestorePreview, output: Output, now: Date): string {
  const { keys, current, space, refused } = preview;
  const free = space.freeBytes === null ? "" : `, ${sizeText(space.freeBytes)} free`;
  const fields = output.fields([
    ["file", preview.path],
    ["taken", `${preview.takenAt} (${relativeTime(preview.takenAt, now)})`],
    ["holds", areasText(countAreas(preview.tables))],
    ["of", preview.instance.companies.join(", ") || "no company"],
    [
      "schema",
      `migration ${preview.schema}, app ${preview.appVersion}; ${plural(preview.migrations, "migration")} follow`,
    ],
    ["secrets", keys.message],
    ["not restored", leftTablesText(preview.notRestored)],
    ...(preview.full === null ? [] : fullFields(preview.full)),
    ["space", `about ${sizeText(space.neededBytes)} needed${free}`],
  ]);
  const next = keys.next === null ? "" : `${output.hint(keys.next)}\n`;
  const notes = preview.notes.map((note) => `${note}\n`).join("");
  const not =
    refused === null ? "" : `It cannot be restored now. ${refused.message}\n${output.hint(refused.next ?? "")}\n`;
  return `${fields}\n${next}${lossText(current, output)}\n${notes}${not}`;
}

function lossText(current: RestorePreview["current"], output: Output): string {
  if (current === null) return "\nThe database in use does not answer, so that it cannot be told what would be lost.\n";
  const lost = current.lost.filter(({ added, changed }) => added > 0 || (changed ?? 0) > 0);
  const running = current.running === 0 ? "" : `${plural(current.running, "run")} would be ended.\n`;
  if (lost.length === 0) return `\nNothing was made or changed since.\n${running}`;
  const head = current.related
    ? "Made or changed since, and not in it:"
    : "What is in use has nothing in common with it, and would be replaced as a whole:";
  const table = output.table(
    [
      { title: "WHAT", of: (one) => one.what },
      { title: "MADE", of: (one) => one.added, right: true },
      { title: "CHANGED", of: (one) => one.changed, right: true },
    ],
    lost,
  );
  return `\n${head}\n${table}${running}`;
}

function restoredText(restored: Restored, output: Output): string {
  const what =
    restored.kind === "restore"
      ? `${restored.source} of ${restored.stateOf} is in use now.`
      : `It is as it was at ${restored.stateOf} again.`;
  const left = leftTablesText(restored.notRestored);
  const without = left === null ? "" : `Not restored: ${left}.\n`;
  const closed = restored.opens
    ? ""
    : "The vault is locked: the key of these secrets is not here. `paperclip-desktop secrets health` says the ways back.\n";
  const kept =
    restored.kept === null
      ? ""
      : `What was in use before is kept until ${restored.kept.expiresAt}: \`paperclip-desktop db:restore-undo\`\n`;
  const held = "Nothing starts by itself until it is released: `paperclip-desktop db:restore-release`";
  return `${what}\n${plainLines(without, false)}${output.hint(closed)}${closed === "" ? "" : "\n"}${output.hint(kept)}${kept === "" ? "" : "\n"}${output.hint(held)}\n`;
}
