import type { Command } from "commander";
import type { Problem, Status } from "../../../../preload/contract/system.ts";
import { asRefusal } from "../../../contract/refusal.ts";
import { failedCommand } from "../errors.ts";
import { plural, paintState, relativeTime, stateText } from "../format.ts";
import { withExample } from "../invocation.ts";
import type { Act, Invocation } from "../invocation.ts";
import type { Output } from "../output.ts";
import { oneLine } from "../text.ts";

/** What can be told about an instance that could not be opened. */
interface PartialStatus {
  readonly version: string;
  readonly instance: Status["instance"];
  readonly database: { readonly mode: null; readonly state: "failed" | "unknown"; readonly version: null };
  readonly problems: readonly Problem[];
}

export function addStatus(program: Command, act: Act): void {
  withExample(
    program
      .command("status")
      .description("instance, database, vault and runs: state, and for each problem the way out")
      .action(act(showStatus)),
    "status",
    "status --json",
  );
}

async function showStatus(invocation: Invocation): Promise<void> {
  const now = invocation.host.clock.now();
  try {
    const status = await invocation.session(({ client }) => client.system.status());
    invocation.output.answer(status, (output) => statusText(status, output, now));
  } catch (error) {
    const status = partialStatus(invocation, error);
    if (status === null) throw error;
    invocation.output.answer(status, (output) => partialText(status, output));
  }
}

/** The status of an instance whose opening was refused, or null where the error is none that says something about it. */
function partialStatus({ paths, host }: Invocation, error: unknown): PartialStatus | null {
  if (asRefusal(error) === null) return null;
  const { code, message, next } = failedCommand(error);
  const ofDatabase = /^(database|migration|read_only)/.test(code);
  return {
    version: host.version,
    instance: { id: paths.id, root: paths.root },
    database: { mode: null, state: ofDatabase ? "failed" : "unknown", version: null },
    problems: [{ area: ofDatabase ? "database" : "instance", code, message, next: next ?? null }],
  };
}

const CUSTODY = {
  file: "a file",
  environment: "the environment",
  keychain: "the keychain",
} as const satisfies Record<Status["vault"]["custody"], string>;

function statusText(status: Status, output: Output, now: Date): string {
  const { instance, owner, database, vault, scheduler, webhooks, backups, runs } = status;
  const state = (name: string) => paintState(stateText(name), name, output.colours);
  const kind = database.mode === "embedded" ? "embedded PostgreSQL" : "a PostgreSQL server of yours,";
  const pending = database.pending === 0 ? "" : `, ${database.pending} migrations pending`;
  const schema = database.schema === null ? "" : `, schema ${database.schema}${pending}`;
  return `${problemsText(status.problems, output)}${output.fields([
    ["instance", `${instance.id}  ${instance.root}`],
    ["owner", ownerText(owner, now)],
    ["database", `${state(database.state)}  ${kind} ${database.version ?? ""}${schema}`],
    ["vault", `${state(vault.state)}  ${keyText(vault)}`],
    ["scheduler", `${state(scheduler.state)}  ${scheduler.reason}`],
    ["webhooks", `${state(webhooks.state)}  ${webhooks.reason}${unknownText(webhooks, now)}`],
    ["backups", `${state(backups.state)}  ${backupsText(backups, now)}`],
    [
      "runs",
      runs === null ? "not known while the database does not answer" : `${runs.running} running, ${runs.queued} queued`,
    ],
    ["version", status.version],
  ])}`;
}

/** What came to addresses that no webhook has. */
function unknownText({ unknown }: Status["webhooks"], now: Date): string {
  if (unknown === null) return "";
  const { count, since, lastAt } = unknown;
  const when = count === 1 ? relativeTime(lastAt, now) : `the last ${relativeTime(lastAt, now)}`;
  return ` ${plural(count, "delivery", "deliveries")} to unknown addresses since ${since}, ${when}.`;
}

/** In force, in trouble, or waiting for something: what is off or taken elsewhere needs no words of its own. */
function fullText({ state, reason, newestAt, nextAt }: Status["backups"]["full"], now: Date): string {
  if (state === "off" || state === "elsewhere") return "";
  if (nextAt === null) return ` ${reason}`;
  const newest = newestAt === null ? "none yet" : `the newest ${relativeTime(newestAt, now)}`;
  return ` Of everything: ${newest}, the next ${relativeTime(nextAt, now)}.`;
}

function backupsText({ reason, newestAt, provenAt, count, full }: Status["backups"], now: Date): string {
  // The folder could not be read: what is in it is not known, and both fail for the one reason.
  if (full.state === "failing" && full.reason === reason) return reason;
  const ofFull = fullText(full, now);
  if (count === 0) return `There is none yet. ${reason}${ofFull}`;
  const proven = provenAt === null ? "none was ever proven" : `proven ${relativeTime(provenAt, now)}`;
  const newest = newestAt === null ? "all dated ahead of the clock" : `the newest ${relativeTime(newestAt, now)}`;
  return `${count} kept, ${newest}, ${proven}. ${reason}${ofFull}`;
}

function keyText({ state, keyId, custody }: Status["vault"]): string {
  if (keyId !== null) return `key ${keyId}, kept in ${CUSTODY[custody]}`;
  return state === "uninitialized" ? "no key yet; the first secret makes one" : "without its key";
}

function ownerText({ kind, pid, startedAt }: Status["owner"], now: Date): string {
  if (kind === "command" && pid === process.pid) return "none: this command opened it";
  const what = kind === "command" ? "another command" : kind;
  return `${what}, process ${pid}, started ${relativeTime(startedAt, now)}`;
}

function partialText(status: PartialStatus, output: Output): string {
  const { state } = status.database;
  return `${problemsText(status.problems, output)}${output.fields([
    ["instance", `${status.instance.id}  ${status.instance.root}`],
    ["database", paintState(stateText(state), state, output.colours)],
    ["version", status.version],
  ])}`;
}

function problemsText(problems: readonly Problem[], output: Output): string {
  const { colours } = output;
  const lines = problems.map(({ message, next }) => {
    const line = `${colours.red("✕")} ${oneLine(message)}\n`;
    return next === null ? line : `${line}  ${colours.bold("next:")} ${output.hint(next)}\n`;
  });
  return lines.length === 0 ? "" : `${lines.join("")}\n`;
}
