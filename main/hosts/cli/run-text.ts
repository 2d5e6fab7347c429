import type { ManifestEntry } from "../../../preload/contract/environment.ts";
import type { Attempt, RunDetail, RunFailure, RunRecord } from "../../../preload/contract/runs.ts";
import { bothTimes, byteCount, duration, paintRunStatus, plural, runStatusText } from "./format.ts";
import type { Output } from "./output.ts";
import { oneLine, plainLines } from "./text.ts";

/** What a run was started by: the way, and the trigger where that has a label. */
export function sourceText({ source, trigger }: Pick<RunRecord, "source" | "trigger">): string {
  const way = trigger?.kind === "once" ? "once" : source;
  return trigger?.label ? `${way}: ${oneLine(trigger.label)}` : way;
}

/** A run in a few lines: its state and what to do first, then what it is. */
export function runText(run: RunRecord, output: Output, now: Date): string {
  const { colours } = output;
  const title = colours.bold(oneLine(run.title));
  const state = paintRunStatus(runStatusText(run.status), run.status, colours);
  const exit = run.exitCode === null ? [] : [`exit ${run.exitCode}`];
  const took = duration(run.startedAt, run.completedAt);
  const head = [`${title}  ${state}`, ...exit, ...(took === null ? [] : [took])].join(" · ");
  return `${head}\n${reason(run.failure, output)}${heldText(run, output)}${output.fields([
    ["run", run.id],
    ["routine", run.routineTitle],
    ["revision", run.revision],
    ["agent", run.agentName],
    ["started by", sourceText(run)],
    ["triggered", bothTimes(run.triggeredAt, now)],
    [run.attempts === 0 ? "not before" : "next attempt", bothTimes(run.notBefore, now)],
    ["attempts", run.attempts === 0 ? null : attemptsText(run)],
    ["time limit", run.timeoutSeconds === null ? null : `${run.timeoutSeconds} s`],
    ["log limit", run.logLimitBytes === null ? null : byteCount(run.logLimitBytes)],
    ["coalesced", run.coalescedIntoRunId === null ? null : `into ${run.coalescedIntoRunId}`],
    ["key", run.idempotencyKey],
    ["sheet", run.sheetHash],
  ])}`;
}

function attemptsText({ attempts, maxAttempts, noRetry }: RunRecord): string {
  const why = noRetry === "routine_paused" ? "paused" : "archived";
  return `${attempts} of ${maxAttempts}${noRetry === null ? "" : `; no further one: the routine was ${why}`}`;
}

/** A run with what it got, its attempts and the last lines of its log. */
export function detailText(run: RunDetail, output: Output, now: Date): string {
  const parts = [runText(run, output, now)];
  const variables = Object.entries(run.variables);
  if (variables.length > 0) {
    parts.push(section("Variables", output), output.fields(variables.map(([name, value]) => [name, String(value)])));
  }
  if (run.manifest.length > 0) parts.push(section("Environment", output), manifestTable(run.manifest, output));
  if (run.attemptList.length > 0) parts.push(section("Attempts", output), attemptTable(run.attemptList, output));
  const log = run.attemptList.at(-1)?.log;
  if (log && log.excerpt !== "") {
    parts.push(
      section(logTitle(log), output),
      `${plainLines(log.excerpt.trimEnd(), output.colours.isColorSupported)}\n`,
    );
  }
  return parts.join("");
}

function section(title: string, { colours }: Output): string {
  return `\n${colours.bold(title)}\n`;
}

/** Why it waits for the operator, and how that ends. */
function heldText({ heldReason, routineId }: RunRecord, { colours, hint }: Output): string {
  if (heldReason === null) return "";
  const next = `\`paperclip-desktop inbox run ${routineId}\`, or \`paperclip-desktop inbox skip ${routineId}\``;
  return `${colours.yellow("held:")} ${oneLine(heldReason)}\n${colours.bold("next:")} ${hint(next)}\n`;
}

/** Why, and what to do: what the operator looks for first. */
function reason(failure: RunFailure | null, output: Output): string {
  const { colours } = output;
  if (failure === null) return "";
  const why = `${colours.red("why:")}  ${oneLine(failure.message)}\n`;
  return failure.next === null ? why : `${why}${colours.bold("next:")} ${output.hint(failure.next)}\n`;
}

/** What a run got, without values. The last of the layers is the one that wins. */
function manifestTable(manifest: readonly ManifestEntry[], output: Output): string {
  return output.table(
    [
      { title: "KEY", of: (entry) => entry.key },
      { title: "WINS", of: (entry) => entry.layer },
      {
        title: "SECRET",
        of: (entry) => (entry.source === "secret" ? `⚿ ${entry.secretKey ?? entry.secretId}` : entry.source),
      },
      { title: "VERSION", of: (entry) => (entry.version === undefined ? null : `v${entry.version}`), right: true },
      { title: "LAYERS", of: (entry) => layersText(entry) },
      {
        title: "",
        of: (entry) =>
          entry.outcome === "failure"
            ? "✕ not delivered"
            : entry.maskHits === undefined
              ? "✓"
              : `! printed ${entry.maskHits}x, masked`,
        paint: (cell, entry) =>
          entry.outcome === "failure"
            ? output.colours.red(cell)
            : entry.maskHits === undefined
              ? output.colours.green(cell)
              : output.colours.yellow(cell),
      },
    ],
    manifest,
  );
}

/** The layers that set a key, in order: the last one wins. */
export function layersText({ layer, overrides }: { layer: string; overrides?: readonly string[] | undefined }): string {
  const order = ["agent", "project", "routine", "runtime"];
  return [...(overrides ?? []), layer].toSorted((a, b) => order.indexOf(a) - order.indexOf(b)).join(" < ");
}

function attemptTable(attempts: readonly Attempt[], output: Output): string {
  return output.table(
    [
      { title: "#", of: (attempt) => attempt.attempt, right: true },
      {
        title: "STATUS",
        of: (attempt) => runStatusText(attempt.status),
        paint: (cell, attempt) => paintRunStatus(cell, attempt.status, output.colours),
      },
      { title: "EXIT", of: (attempt) => attempt.exitCode ?? attempt.signal, right: true },
      { title: "STARTED", of: (attempt) => attempt.startedAt },
      { title: "TOOK", of: (attempt) => duration(attempt.startedAt, attempt.finishedAt), right: true },
      { title: "LOG", of: (attempt) => (attempt.log === null ? null : byteCount(attempt.log.bytes)), right: true },
      {
        title: "LEFT",
        of: (attempt) =>
          attempt.leftProcesses === null ? null : plural(attempt.leftProcesses, "process", "processes"),
      },
      { title: "WHY", of: (attempt) => attempt.failure?.message ?? "" },
    ],
    attempts,
  );
}

function logTitle({ lines, droppedBytes, maskHits, removedAt }: NonNullable<Attempt["log"]>): string {
  const notes = [
    ...(removedAt === null ? [] : [`removed on ${removedAt.slice(0, 10)} by retention`]),
    `last of ${plural(lines, "line")}`,
    ...(maskHits > 0 ? [`${plural(maskHits, "value")} masked`] : []),
    ...(droppedBytes > 0 ? [`${byteCount(droppedBytes)} dropped, as the log was full or could not be written`] : []),
  ];
  return `Log (${notes.join(", ")})`;
}
