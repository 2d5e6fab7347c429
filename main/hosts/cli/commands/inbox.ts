import type { Command } from "commander";
import type { HeldItem, Released } from "../../../../preload/contract/inbox.ts";
import { UsageError } from "../errors.ts";
import { plural, relativeTime, runStatusText } from "../format.ts";
import { collect, given, ofCompany, withExample } from "../invocation.ts";
import type { Act, Invocation } from "../invocation.ts";
import type { Output } from "../output.ts";

interface Chosen {
  everyRoutine?: true;
  trigger?: string;
  all?: true;
  latest?: true;
  slot?: string[];
  row?: string[];
}

/** Missed slots that wait for the operator. */
export function addInbox(program: Command, act: Act): void {
  const inbox = program.command("inbox").description("missed slots that are held until they are run or skipped");

  withExample(
    inbox
      .command("list")
      .description("what is held, by routine and trigger")
      .option("--routine <routine>", "only of this routine")
      .action(act<{ routine?: string }>(list)),
    "inbox list",
  );
  withExample(
    chosen(inbox.command("run").description("run held slots: the latest of each trigger, unless told otherwise"))
      .option("--latest", "the latest of each trigger; it stands for the others, which are skipped")
      .option("--all", "all of them, 10 s apart; 100 at most")
      .action(act<Chosen>(run)),
    'inbox run "Weekly digest"',
    'inbox run "Weekly digest" --slot 2026-03-08T07:00:00Z',
  );
  withExample(
    chosen(inbox.command("skip").description("skip held slots: all of them, unless some are chosen"))
      .option("--all", "all of them")
      .action(act<Chosen>(skip)),
    'inbox skip "Weekly digest"',
    "inbox skip --every-routine",
  );
}

function chosen(command: Command): Command {
  return command
    .argument("[routine]", "id or title")
    .option("--every-routine", "of every routine of the company")
    .option("--trigger <trigger>", "only of the trigger with this id")
    .option("--slot <instant>", "this slot, such as 2026-03-08T07:00:00Z; the others stay held; repeatable", collect)
    .option("--row <id>", "this row of the history; the others stay held; repeatable", collect);
}

async function list(invocation: Invocation, options: { routine?: string }): Promise<void> {
  const held = await invocation.session(({ client }) => client.inbox.list({ ...ofCompany(invocation), ...options }));
  const now = invocation.host.clock.now();
  invocation.output.answer(held, (output) => {
    if (held.items.length === 0) return "Nothing is held.\n";
    const table = output.table(
      [
        { title: "ROUTINE", of: (item) => item.routineTitle },
        { title: "TRIGGER", of: (item) => item.triggerLabel ?? item.explanation ?? item.triggerId },
        { title: "SLOTS", of: (item) => String(item.count) },
        { title: "FROM", of: (item) => item.first },
        { title: "TO", of: (item) => item.last },
        { title: "HELD", of: (item) => relativeTime(item.heldAt, now) },
        { title: "WHY", of: (item) => whyText(item), spare: 1 },
      ],
      held.items,
    );
    const more = held.more > 0 ? `And ${plural(held.more, "trigger")} more.\n` : "";
    const next = "Run the latest: `paperclip-desktop inbox run ROUTINE`. Or: `paperclip-desktop inbox skip ROUTINE`";
    return `${table}${more}${output.hint(next)}\n`;
  });
}

function whyText({ reason, routineStatus }: HeldItem): string {
  return routineStatus === "active" ? reason : `(${routineStatus}) ${reason}`;
}

async function run(invocation: Invocation, options: Chosen): Promise<void> {
  const kinds = [options.latest, options.all, options.slot, options.row].filter((one) => one !== undefined);
  if (kinds.length > 1) throw oneChoice("--latest, --all, --slot and --row");
  const choice = options.all ? { kind: "all" as const } : (some(options) ?? { kind: "latest" as const });
  const which = meant(invocation, options);
  await invocation.session(async ({ client, owner }) => {
    const released = await client.inbox.run({ ...which, choice });
    show(invocation, released);
    if (owner === "self" && released.runs.some(({ status }) => status === "queued")) {
      invocation.output.progress(
        "No app runs, so this command stays until the runs are over. Start `paperclip-desktop serve` to leave them to that.",
      );
    }
  });
}

async function skip(invocation: Invocation, options: Chosen): Promise<void> {
  const kinds = [options.all, options.slot, options.row].filter((one) => one !== undefined);
  if (kinds.length > 1) throw oneChoice("--all, --slot and --row");
  const choice = some(options) ?? { kind: "all" as const };
  const which = meant(invocation, options);
  show(invocation, await invocation.session(({ client }) => client.inbox.skip({ ...which, choice })));
}

function some({ slot, row }: Chosen) {
  if (slot !== undefined) return { kind: "slots" as const, slots: slot.map(slotInstant) };
  return row === undefined ? null : { kind: "rows" as const, rows: row };
}

function meant(invocation: Invocation, { everyRoutine, trigger }: Chosen) {
  const routine = invocation.argumentOr(0, undefined);
  if ((routine === undefined) === (everyRoutine === undefined)) {
    throw new UsageError("Name a routine, or say --every-routine.", "See what there is: inbox list");
  }
  return { ...ofCompany(invocation), ...given({ routine, trigger }) };
}

function oneChoice(options: string): UsageError {
  return new UsageError(`Of ${options} only one can be given.`, "Leave the others out.");
}

function slotInstant(text: string): string {
  const at = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}.*(Z|[+-]\d{2}:?\d{2})$/i.test(text) ? new Date(text) : null;
  if (at === null || Number.isNaN(at.getTime())) {
    throw new UsageError(`"${text}" is no instant.`, "Write one such as 2026-03-08T07:00:00Z; see `inbox list`.");
  }
  return at.toISOString();
}

function show({ output }: Invocation, released: Released): void {
  output.answer(released, () => releasedText(released, output));
}

function releasedText({ runs, skipped, refused }: Released, output: Output): string {
  const { colours } = output;
  const lines = [
    ...runs.map(({ runId, slotAt, status }) => `${runStatusText(status)}  ${runId}${slotAt ? `  for ${slotAt}` : ""}`),
    ...(skipped > 0 ? [`${plural(skipped, "slot")} skipped.`] : []),
    ...refused.flatMap(({ routineTitle, message, next }) => [
      `${colours.red("✕")} ${routineTitle}: ${message}`,
      ...(next === null ? [] : [`  ${colours.bold("next:")} ${output.hint(next)}`]),
    ]),
  ];
  return lines.length === 0 ? "Nothing of it is held any more.\n" : `${lines.join("\n")}\n`;
}
