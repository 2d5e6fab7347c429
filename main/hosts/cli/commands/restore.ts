import type { Command } from "commander";
import type { KeptState, Restored, RestorePreview } from "../../../../preload/contract/restore.ts";
import { areasText, countAreas } from "../../../../preload/rules/backup-areas.ts";
import { leftTablesText } from "../../../../preload/rules/left-tables.ts";
import { replacedBy } from "../../../../preload/rules/kept-states.ts";
import { replacedText } from "../../../../preload/rules/replaced-parts.ts";
import { phaseText } from "../../../../preload/rules/restore-phases.ts";
import type { ContractClient } from "../../../control-plane-port.ts";
import { confirmed, mayAsk } from "../confirm.ts";
import { Failure } from "../errors.ts";
import { bothTimes, byteCount, plural, relativeTime } from "../format.ts";
import { unlessGivenUp } from "../give-up.ts";
import { given, withExample } from "../invocation.ts";
import type { Act, Invocation } from "../invocation.ts";
import { quoted } from "../launch.ts";
import type { Output } from "../output.ts";
import { plainLines } from "../text.ts";
import type { CodeOptions, PassphraseOptions } from "../values.ts";
import { fileOf, fullFields, openingOf, openingOption } from "./backups.ts";

/** Milliseconds between two looks at how far a restore is. */
const LOOK_MS = 500;

interface RestoreOptions extends PassphraseOptions, CodeOptions {
  preview?: true;
  yes?: true;
}

interface UndoOptions {
  preview?: true;
  id?: string;
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
    "db:restore /mnt/usb/paperclip-20261121T100000000Z-full.tar.age --passphrase-file passphrase.txt",
  );

  withExample(
    program
      .command("db:restore-undo")
      .description("put back what was in use before the last restore, or before its undo")
      .option("--preview", "only say what is kept, the newest first, and until when")
      .option("--id <kept>", "which kept state; left out, the newest")
      .option("--yes", "do not ask")
      .action(act<UndoOptions>(undo)),
    "db:restore-undo --preview",
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
          invocation.output.answer(released, () => releasedText(released, queued));
        }),
      ),
    "db:restore-release",
    "db:restore-release --cancel-queued",
  );
}

async function restore(invocation: Invocation, { preview: only, yes, ...source }: RestoreOptions): Promise<void> {
  // A program that did not say yes asked for no preview either: there is one answer, and that is a refusal.
  if (invocation.output.json && !only && !yes) throw notConfirmed();
  const file = await fileOf(invocation.argument(0));
  const input = { file, ...(await openingOf(source, invocation)) };
  await invocation.session(
    async ({ client }) => {
      const asked = only === true || yes !== true;
      const preview = asked ? await following(invocation, client, () => client.restore.preview(input)) : null;
      if (preview !== null && (only || !mayAsk(invocation))) {
        const opening = preview.full === null ? "" : ` ${openingOption(preview.full)}`;
        const next = `Restore it: \`paperclip-desktop db:restore ${quoted(file)}${opening} --yes\``;
        invocation.output.answer(preview, (output) => {
          const text = previewText(preview, output, invocation.host.clock.now());
          return only && preview.refused === null ? `${text}${output.hint(next)}\n` : text;
        });
        if (only) return;
        throw notConfirmed();
      }
      if (preview !== null) {
        const text = previewText(preview, invocation.output, invocation.host.clock.now());
        await confirmed(invocation, text, "Put it in place of what is in use?");
      }
      // What was looked at and nothing else, where somebody looked.
      const chosen = { ...input, ...given({ identity: preview?.identity }) };
      const restored = await following(invocation, client, () => client.restore.start(chosen));
      invocation.output.answer(restored, (output) => restoredText(restored, output));
    },
    { rescue: true, patient: true },
  );
}

async function undo(invocation: Invocation, { preview: only, id, yes }: UndoOptions): Promise<void> {
  await invocation.session(
    async ({ client }) => {
      if (only) {
        const { kept } = await client.restore.state();
        const now = invocation.host.clock.now();
        return invocation.output.answer({ kept }, (output) => keptText(kept, output, now));
      }
      if (!yes) {
        const { kept } = await client.restore.state();
        const state = id === undefined ? kept[0] : kept.find((one) => one.id === id);
        if (state && !mayAsk(invocation)) throw notConfirmed();
        if (state) {
          const text = `What was in use until ${state.keptAt}, when ${replacedBy(state)}, comes back${partsText(state)}. What is in use now is kept for 7 days.\n`;
          await confirmed(invocation, text, "Put it back?");
        }
      }
      const undone = await following(invocation, client, () => client.restore.undo(given({ id })));
      invocation.output.answer(undone, (output) => restoredText(undone, output));
    },
    { rescue: true, patient: true },
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
  work: () => Promise<Answer>,
): Promise<Answer> {
  let over = false;
  let told: string | null = null;
  const tell = async () => {
    while (!over) {
      const { work: now } = await client.restore.state().catch(() => ({ work: null }));
      const text = now === null ? null : phaseText(now);
      if (!over && text !== null && text !== told) output.progress(`${text} …`);
      told = text ?? told;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS).unref());
    }
  };
  try {
    return await unlessGivenUp(signal, { cancel: () => client.restore.cancel() }, () => {
      const answer = work();
      void tell();
      return answer;
    });
  } finally {
    over = true;
  }
}

function previewText(preview: RestorePreview, output: Output, now: Date): string {
  const { keys, current, space, refused } = preview;
  const free = space.freeBytes === null ? "" : `, ${byteCount(space.freeBytes)} free`;
  const fields = output.fields([
    ["file", preview.path],
    ["taken", `${preview.takenAt} (${relativeTime(preview.takenAt, now)})`],
    ["holds", areasText(countAreas(preview.tables))],
    ["of", preview.instance.companies.join(", ") || "no company"],
    ["schema", `migration ${preview.schema}, app ${preview.appVersion}; ${followText(preview.migrations)}`],
    ["secrets", keys.message],
    ["not restored", leftTablesText(preview.notRestored)],
    ...(preview.full === null ? [] : fullFields(preview.full)),
    ["space", `about ${byteCount(space.neededBytes)} needed${free}`],
  ]);
  const next = keys.next === null ? "" : `${output.hint(keys.next)}\n`;
  const notes = preview.notes.map((note) => `${note}\n`).join("");
  const not =
    refused === null ? "" : `It cannot be restored now. ${refused.message}\n${output.hint(refused.next ?? "")}\n`;
  return `${fields}${next}\n${lossText(current, output)}\n${notes}${not}`;
}

function followText(migrations: number): string {
  return migrations === 0 ? "it is the one in use here" : `${plural(migrations, "newer migration")} applied to it`;
}

function lossText(current: RestorePreview["current"], output: Output): string {
  if (current === null) return "The database in use does not answer, so that it cannot be told what would be lost.\n";
  const lost = current.lost.filter(({ added, changed }) => added > 0 || (changed ?? 0) > 0);
  const running = current.running === 0 ? "" : `${plural(current.running, "run")} would be ended.\n`;
  if (lost.length === 0) return `Nothing was made or changed since.\n${running}`;
  const table = output.table(
    [
      { title: "WHAT", of: (one) => LOST[one.what] },
      { title: "MADE", of: (one) => one.added, right: true },
      { title: "CHANGED", of: (one) => one.changed, right: true },
    ],
    lost,
  );
  return `${plainLines(lossHead(current), false)}\n${table}${running}`;
}

function lossHead({ companies, absent, related }: NonNullable<RestorePreview["current"]>): string {
  if (companies.length > 0 && !related) {
    return `It is of another instance: of the companies here (${absent.join(", ")}) it holds none. What is in use would be replaced as a whole:`;
  }
  if (absent.length === 0) return "Made or changed since, and not in it:";
  return `Not in it at all: ${absent.join(", ")}. What is in use and not in it:`;
}

/** Things by the names that people know. */
const LOST = {
  companies: "companies",
  agents: "agents",
  projects: "projects",
  routines: "routines",
  revisions: "revisions of routines",
  secrets: "secrets",
  versions: "versions of secrets",
  runs: "runs",
} as const satisfies Record<NonNullable<RestorePreview["current"]>["lost"][number]["what"], string>;

/** What of the instance is kept, where that was noted. */
function partsText({ replaced }: KeptState): string {
  const text = replacedText(replaced);
  return text === null ? "" : ` (${text})`;
}

function keptText(kept: readonly KeptState[], output: Output, now: Date): string {
  if (kept.length === 0) {
    return `${output.hint("Nothing is kept: there is no restore to undo. Older states are in backups: `paperclip-desktop backups list`")}\n`;
  }
  const table = output.table(
    [
      { title: "ID", of: (one) => one.id, whole: true },
      { title: "IN USE UNTIL", of: (one) => bothTimes(one.keptAt, now) },
      { title: "WHEN", of: replacedBy, spare: 1 },
      { title: "WHAT", of: (one) => replacedText(one.replaced), spare: 2 },
      { title: "KEPT FOR", of: (one) => relativeTime(one.expiresAt, now)?.replace(/^in /, "") ?? null },
    ],
    kept,
  );
  const next = "Put the newest back: `paperclip-desktop db:restore-undo`, or another one with --id.";
  return `${table}\n${output.hint(next)}\n`;
}

function releasedText({ queued, triggers }: { queued: number; triggers: number }, choice: "start" | "cancel"): string {
  const runs =
    queued === 0
      ? ""
      : ` ${plural(queued, "run")} that waited ${queued === 1 ? "was" : "were"} ${choice === "cancel" ? "cancelled" : "let go"}.`;
  const skipped =
    triggers === 0 ? "" : ` Slots of ${plural(triggers, "trigger")} that were due meanwhile are noted as skipped.`;
  return `Schedules and webhooks work again from now on.${runs}${skipped}\n`;
}

/** Where what nothing puts back is kept. */
function keptAsideText(aside: Restored["keptAside"]): string {
  if (aside.length === 0) return "";
  const places = aside.map(
    ({ path: place, until }) => `  ${place}, ${until === null ? "until somebody removes it" : `until ${until}`}`,
  );
  return `What stood here before is kept, and there is no undo into a server:\n${places.join("\n")}\n`;
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
      : `What was in use before${partsText(restored.kept)} is kept until ${restored.kept.expiresAt}: \`paperclip-desktop db:restore-undo\`\n`;
  const aside = plainLines(keptAsideText(restored.keptAside), false);
  const held = "Nothing starts by itself until it is released: `paperclip-desktop db:restore-release`";
  return `${what}\n${plainLines(without, false)}${aside}${output.hint(closed)}${closed === "" ? "" : "\n"}${output.hint(kept)}${kept === "" ? "" : "\n"}${output.hint(held)}\n`;
}
