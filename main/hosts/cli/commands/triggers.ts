import { type Command, Option } from "commander";
import type { NextTimes, Standstill, TriggerInput, TriggerRecord } from "../../../../preload/contract/triggers.ts";
import { type SigningMode, signingMode } from "../../../../preload/contract/webhooks.ts";
import { parseCount } from "../arguments.ts";
import { UsageError } from "../errors.ts";
import { bothTimes, plural, relativeTime } from "../format.ts";
import { given, ofCompany, withExample } from "../invocation.ts";
import type { Act, Invocation } from "../invocation.ts";
import type { Output } from "../output.ts";
import { oneRoutine, oneTrigger } from "../routine-definition.ts";
import { handingOver, type KeyOptions, keyText, withKeyFile } from "../signing-key.ts";
import { addWebhooks } from "./webhooks.ts";

interface OfRoutine {
  routine: string;
}

/** Of webhooks. */
interface Proofs {
  mode?: SigningMode;
  replayWindow?: number;
}

interface Times {
  cron?: string;
  zone?: string;
  at?: string;
  label?: string;
  grace?: number;
  cap?: number;
}

type AddOptions = OfRoutine & Times & Proofs & KeyOptions & { api?: true; webhook?: true; disabled?: true };
type UpdateOptions = OfRoutine & Times & Proofs;

/** What starts routines besides the operator. */
export function addTriggers(program: Command, act: Act): void {
  const triggers = program.command("triggers").description("what starts a routine by itself, and when");
  const ofRoutine = (command: Command) => command.requiredOption("--routine <routine>", "id or title of the routine");

  withExample(
    ofRoutine(triggers.command("list").description("the triggers of a routine")).action(act<OfRoutine>(list)),
    'triggers list --routine "Nightly triage"',
  );
  withExample(
    withKeyFile(withProofs(withTimes(ofRoutine(triggers.command("add").description("give a routine a trigger")))))
      .option("--api", "no times: a name for calls")
      .option("--webhook", "no times: an address on this machine that starts it")
      .option("--disabled", "switched off for now")
      .action(act<AddOptions>(add)),
    'triggers add --routine "Nightly triage" --cron "30 2 * * mon-fri" --zone Europe/Berlin',
    'triggers add --routine "Nightly triage" --at 2026-03-08T07:00:00Z',
    'triggers add --routine "Nightly triage" --webhook --mode github_hmac --key-out github.key',
  );
  withExample(
    withProofs(
      withTimes(
        ofRoutine(
          triggers
            .command("update")
            .argument("<trigger>", "id or label")
            .description("change a trigger; its slots are counted from now on"),
        ),
      ),
    ).action(act<UpdateOptions>(update)),
    'triggers update nightly --routine "Nightly triage" --cron "0 3 * * *"',
  );
  for (const [name, description] of [
    ["enable", "let a trigger start its routine, from now on"],
    ["disable", "stop a trigger; it has no slots until it is enabled"],
  ] as const) {
    withExample(
      ofRoutine(triggers.command(name).argument("<trigger>", "id or label").description(description)).action(
        act<OfRoutine>(async (invocation, options) => {
          const one = oneTrigger(invocation, options);
          show(invocation, await invocation.session(({ client }) => client.triggers[name](one)));
        }),
      ),
      `triggers ${name} nightly --routine "Nightly triage"`,
    );
  }
  withExample(
    ofRoutine(
      triggers
        .command("remove")
        .argument("<trigger>", "id or label")
        .description("remove a trigger; the runs that it started stay"),
    ).action(
      act<OfRoutine>(async (invocation, options) => {
        const one = oneTrigger(invocation, options);
        const removed = await invocation.session(({ client }) => client.triggers.remove(one));
        invocation.output.answer(removed, () => "The trigger is removed.\n");
      }),
    ),
    'triggers remove nightly --routine "Nightly triage"',
  );
  addWebhooks(triggers, act);
}

/** When a routine is due next. */
export function addRoutineNext(routines: Command, act: Act): void {
  withExample(
    routines
      .command("next")
      .argument("<routine>", "id or title")
      .description("when its enabled triggers are due next")
      .option("--count <n>", "how many, 1000 at most", parseCount, 10)
      .action(
        act<{ count: number }>(async (invocation, { count }) => {
          const next = await invocation.session(({ client }) =>
            client.triggers.next({ ...oneRoutine(invocation), count }),
          );
          invocation.output.answer(next, (output) => `${notAsListed(next, output)}${timesTable(next.times, output)}`);
        }),
      ),
    'routines next "Nightly triage" --count 3',
  );
}

/** In what way the listed times are not what will happen, before them; nothing where they are. */
function notAsListed({ times, switchedOff, standstill }: NextTimes, output: Output): string {
  const off = switchedOff === 0 ? "" : `${plural(switchedOff, "trigger")} switched off, with no times here.\n`;
  if (standstill === null) return times.length === 0 ? `No time is to come. ${off}`.trim().concat("\n") : off;
  const { state, end } = STANDSTILLS[standstill];
  const after = times.length === 0 ? "" : " The times below come only if that ends before them.";
  return `${state}: no trigger starts it.${after}${end === null ? "" : ` ${output.hint(end)}`}\n${off}`;
}

const STANDSTILLS: Readonly<Record<Standstill, { readonly state: string; readonly end: string | null }>> = {
  restore_held: { state: "What was restored is held", end: "Release it: `paperclip-desktop db:restore-release`" },
  all_paused: {
    state: "Schedules and webhooks are paused",
    end: "Resume them: `paperclip-desktop scheduler resume`",
  },
  routine_paused: { state: "The routine is paused", end: "Resume it: `paperclip-desktop routines resume NAME`" },
  routine_archived: { state: "The routine is archived", end: null },
};

function timesTable(times: NextTimes["times"], output: Output): string {
  if (times.length === 0) return "";
  return output.table(
    [
      { title: "LOCAL", of: (time) => time.local },
      { title: "ZONE", of: (time) => time.zone },
      { title: "UTC", of: (time) => time.at },
      { title: "TRIGGER", of: (time) => time.label ?? time.triggerId },
      { title: "NOTE", of: (time) => time.note ?? "" },
    ],
    times,
  );
}

function withProofs(command: Command): Command {
  return command
    .addOption(new Option("--mode <mode>", "how a webhook's sender proves itself").choices(signingMode.options))
    .option("--replay-window <seconds>", "how old a signed delivery may be, 30 to 86400 (300)", parseCount);
}

function withTimes(command: Command): Command {
  return command
    .option("--cron <expression>", "five fields, or a name such as @daily")
    .option("--zone <zone>", "its time zone, such as Europe/Berlin")
    .option("--at <instant>", "once, at an instant such as 2026-03-08T07:00:00Z")
    .option("--label <label>", "a name for it, unique in its routine")
    .option("--grace <seconds>", "for how long after its slot a run is on time (300)", parseCount)
    .option("--cap <n>", "how many missed slots run, where the routine runs missed ones (25)", parseCount);
}

async function list(invocation: Invocation, options: OfRoutine): Promise<void> {
  const { triggers } = await invocation.session(({ client }) =>
    client.triggers.list({ ...ofCompany(invocation), ...options }),
  );
  const now = invocation.host.clock.now();
  invocation.output.answer({ triggers }, (output) =>
    output.table(
      [
        { title: "LABEL", of: (trigger) => trigger.label },
        { title: "KIND", of: (trigger) => trigger.kind },
        { title: "", of: (trigger) => (trigger.enabled ? "on" : "off") },
        { title: "WHEN", of: whenText },
        { title: "NEXT", of: (trigger) => relativeTime(trigger.nextRunAt, now) },
        { title: "LAST", of: (trigger) => trigger.lastResult },
        { title: "ID", of: (trigger) => trigger.id, whole: true, spare: 1 },
      ],
      triggers,
    ),
  );
}

async function add(invocation: Invocation, options: AddOptions): Promise<void> {
  const trigger = newTrigger(options);
  const { routine, keyOut } = options;
  const input = { ...ofCompany(invocation), routine, trigger };
  const create = () => invocation.session(({ client }) => client.triggers.create(input));
  if (trigger.kind !== "webhook" || trigger.signingMode === "none") {
    const { signingKey: _, ...record } = await create();
    show(invocation, record);
    return;
  }
  const { signingKey, ...record } = await handingOver(invocation, keyOut, create);
  invocation.output.answer(
    signingKey === null ? { ...record, keyFile: keyOut } : { ...record, signingKey },
    () => `${keyText(signingKey, keyOut)}${triggerText(invocation, record)}`,
  );
}

function newTrigger(options: AddOptions): TriggerInput {
  const { cron, zone, at, api, webhook, label, grace, cap, disabled, mode, replayWindow, keyOut } = options;
  if ([cron, at, api, webhook].filter((one) => one !== undefined).length !== 1) {
    throw new UsageError("A trigger has one of --cron, --at, --api and --webhook.", "Name what starts the routine.");
  }
  const common = given({ label, enabled: disabled ? false : undefined });
  if (webhook) {
    if ([zone, grace, cap].some((one) => one !== undefined)) {
      throw new UsageError("A webhook has neither zone, grace nor cap.", "Leave them out.");
    }
    if (mode === undefined) {
      throw new UsageError("A webhook needs its mode.", `Name one: ${signingMode.options.join(", ")}`);
    }
    return { kind: "webhook", signingMode: mode, ...common, ...given({ replayWindowSeconds: replayWindow }) };
  }
  if ([mode, replayWindow, keyOut].some((one) => one !== undefined)) {
    throw new UsageError("--mode, --replay-window and --key-out belong to a webhook.", "Leave them out.");
  }
  if (cron !== undefined) {
    if (zone === undefined) {
      throw new UsageError("A schedule needs its time zone.", "Name it: --zone Europe/Berlin");
    }
    return { kind: "schedule", expression: cron, zone, ...common, ...given({ graceSeconds: grace, missedCap: cap }) };
  }
  if (cap !== undefined) throw new UsageError("--cap belongs to a schedule.", "Leave it out.");
  if (at !== undefined) return { kind: "once", at: instant(at), ...common, ...given({ zone, graceSeconds: grace }) };
  if (zone !== undefined || grace !== undefined) {
    throw new UsageError("A trigger for calls has neither zone nor grace.", "Leave them out.");
  }
  return { kind: "api", ...common };
}

async function update(invocation: Invocation, options: UpdateOptions): Promise<void> {
  const { cron, zone, at, label, grace, cap, mode, replayWindow } = options;
  const changes = given({
    expression: cron,
    zone,
    at: at === undefined ? undefined : instant(at),
    label,
    graceSeconds: grace,
    missedCap: cap,
    signingMode: mode,
    replayWindowSeconds: replayWindow,
  });
  const one = oneTrigger(invocation, options);
  show(invocation, await invocation.session(({ client }) => client.triggers.update({ ...one, changes })));
}

/** An instant that is to come, so distances into the past mean nothing here; it names its zone, because a machine's would be a guess. */
function instant(text: string): string {
  const at = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}.*(Z|[+-]\d{2}:?\d{2})$/i.test(text) ? new Date(text) : null;
  if (at === null || Number.isNaN(at.getTime())) {
    throw new UsageError(`"${text}" is no instant.`, "Write one such as 2026-03-08T07:00:00Z or …T08:00+01:00.");
  }
  return at.toISOString();
}

function show(invocation: Invocation, trigger: TriggerRecord): void {
  invocation.output.answer(trigger, () => triggerText(invocation, trigger));
}

function triggerText({ output, host }: Invocation, trigger: TriggerRecord): string {
  const now = host.clock.now();
  const { webhook } = trigger;
  const timed = trigger.kind === "schedule" || trigger.kind === "once";
  const until = webhook?.previousKeyUntil ?? null;
  return output.fields([
    ["kind", trigger.kind],
    ["label", trigger.label],
    ["enabled", trigger.enabled ? "yes" : "no"],
    ["when", whenText(trigger)],
    ["next", timed ? (trigger.nextRunAt === null ? "nothing comes" : bothTimes(trigger.nextRunAt, now)) : null],
    ["on time", timed ? `for ${trigger.graceSeconds} s after its slot` : null],
    ["mode", webhook?.signingMode ?? null],
    ["window", webhook?.signingMode === "hmac_sha256" ? `${webhook.replayWindowSeconds} s` : null],
    ["old key", until === null ? null : `taken too; it ends ${bothTimes(until, now)}`],
    ["last", trigger.lastResult],
    ["id", trigger.id],
  ]);
}

function whenText({ kind, expression, explanation, at, zone, webhook }: TriggerRecord): string {
  if (webhook !== null) return `when something is posted to ${webhook.address}`;
  if (kind === "schedule") return `${expression}  ${explanation ?? `(${zone}; cannot be read)`}`;
  return kind === "once" ? `once at ${at}` : "when it is called";
}
