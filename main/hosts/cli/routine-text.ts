import type { RestorePreview, RoutineDiff, RoutineRecord, RunPreview } from "../../../preload/contract/routines.ts";
import { envText, versionText } from "./env-text.ts";
import type { SecretKeys } from "./env-text.ts";
import { bothTimes, byteCount, paintState, stateText } from "./format.ts";
import type { Output } from "./output.ts";
import { layersText } from "./run-text.ts";
import { oneLine, plainLines } from "./text.ts";

export function routineText(routine: RoutineRecord, keys: SecretKeys, output: Output, now: Date): string {
  const { limits } = routine;
  return output.fields([
    ["title", routine.title],
    ["status", paintState(stateText(routine.status), routine.status, output.colours)],
    ["agent", routine.agentName ?? "none: it cannot run"],
    ["project", routine.projectName],
    ["instructions", routine.instructions],
    ["env", envText(routine.env, keys)],
    ["variables", routine.variables.map(variableText).join("\n")],
    ["priority", routine.priority],
    ["concurrency", routine.concurrencyPolicy],
    ["catch-up", routine.catchUpPolicy],
    ["attempts", retryText(routine)],
    ["time limit", limits.timeoutSeconds === null ? null : `${limits.timeoutSeconds} s`],
    ["log limit", limits.logLimitBytes === null ? null : byteCount(limits.logLimitBytes)],
    ["revision", routine.latestRevisionNumber],
    ["last run", routine.lastRunAt === null ? null : `${routine.lastRunStatus} ${bothTimes(routine.lastRunAt, now)}`],
    ["changed", bothTimes(routine.updatedAt, now)],
    ["id", routine.id],
  ]);
}

function variableText({ name, type, required, default: value }: RoutineRecord["variables"][number]): string {
  const need = value === undefined ? (required ? "required" : "optional") : `default ${JSON.stringify(value)}`;
  return `${name} (${type}, ${need})`;
}

function retryText({ retry }: RoutineRecord): string {
  const interrupted = retry.onInterruption ? ", again when interrupted" : "";
  if (retry.maxAttempts === 1) return `1${interrupted}`;
  const { backoffSeconds, backoffFactor, backoffCapSeconds, jitter } = retry;
  const growth = backoffFactor === 1 ? "" : `, then ${backoffFactor} times as long, up to ${backoffCapSeconds} s`;
  const spread = jitter === 0 ? "" : `, up to ${Math.round(jitter * 100)} % sooner or later`;
  return `${retry.maxAttempts}, ${backoffSeconds} s apart${growth}${spread}${interrupted}`;
}

/** The sheet of a run before it is started. What would stop it comes first. */
export function previewText(preview: RunPreview, output: Output): string {
  const { colours } = output;
  const verdict =
    preview.problems.length === 0
      ? `${colours.green("✓ would start")}\n`
      : preview.problems
          .map(({ message, next }) => {
            const why = `${colours.red("✕ would not start:")} ${oneLine(message)}\n`;
            return next === null ? why : `${why}  ${colours.bold("next:")} ${output.hint(next)}\n`;
          })
          .join("");
  const env =
    preview.env.length === 0
      ? ""
      : `\n${output.table(
          [
            { title: "KEY", of: (entry) => entry.key },
            { title: "WINS", of: (entry) => entry.layer },
            {
              title: "SECRET",
              of: (entry) =>
                entry.source === "secret" ? `⚿ ${entry.secretKey ?? entry.secretId ?? "unknown"}` : "plain",
            },
            { title: "VERSION", of: selectorText },
            { title: "LAYERS", of: layersText },
            {
              title: "STATE",
              of: (entry) => (entry.problem === null ? "✓ ok" : `✕ ${entry.problem}`),
              paint: (cell, entry) => (entry.problem === null ? colours.green(cell) : colours.red(cell)),
            },
          ],
          preview.env,
        )}`;
  return `${verdict}${env}\n${output.fields([
    ["title", preview.title],
    ["revision", preview.revision],
    ["agent", `${preview.agent.name} (${preview.agent.adapter}, ${preview.agent.status})`],
    ["project", preview.project?.name],
    ...startFields(preview),
    ["instructions", `by ${preview.instructionsVia}`],
    ["timeout", preview.timeoutSeconds === null ? "none" : `${preview.timeoutSeconds} s`],
    ["base", preview.baseNames.join(", ")],
    ["runtime", preview.runtimeNames.join(", ")],
    ["sheet", preview.hash],
  ])}`;
}

function startFields({ argv, cwd, request }: RunPreview): [string, string | null][] {
  if (request === null) {
    return [
      ["command", argv.map((part) => JSON.stringify(part)).join(" ")],
      ["in", cwd],
    ];
  }
  const { method, url, headers, body, expectStatus } = request;
  return [
    ["request", `${method} ${url}`],
    ["headers", headers.map(({ name, value }) => `${name}: ${value}`).join(", ")],
    ["body", body.replaceAll(/\s*\n\s*/g, " ")],
    ["succeeds", expectStatus === null ? "with a status from 200 to 299" : `with the status ${expectStatus}`],
  ];
}

function selectorText(entry: RunPreview["env"][number]): string | null {
  if (entry.source === "plain" || entry.selector === undefined) return null;
  const selector = versionText(entry.selector);
  if (entry.selector !== "latest") return selector;
  return `${selector} → ${entry.version ? versionText(entry.version) : "none"}`;
}

type Side = RoutineDiff["fields"][number]["from"];

/** The row of a trigger: `+ trigger nightly: schedule, 30 2 * * *, Europe/Berlin, …`. */
function triggerChangeText(from: Side, to: Side, { colours }: Output): string {
  const mark = from === null ? colours.green("+") : to === null ? colours.red("-") : "~";
  const facts = (side: Side) =>
    typeof side !== "object" || side === null
      ? []
      : Object.entries(side).flatMap(([name, fact]) =>
          fact === null ? [] : [name === "kind" ? String(fact) : `${name} ${String(fact)}`],
        );
  const sides = [from, to].filter((side) => side !== null).map((side) => facts(side).toSorted().join(", "));
  return `${mark} trigger: ${oneLine(sides.join(" → "))}\n`;
}

/** What changed between two revisions, without values. */
export function diffText(diff: RoutineDiff, output: Output): string {
  const { colours } = output;
  const parts = [colours.bold(`Revision ${diff.from} → ${diff.to}\n`)];
  for (const { field, from, to } of diff.fields) {
    if (field.startsWith("triggers.")) parts.push(triggerChangeText(from, to, output));
    else parts.push(`~ ${field}: ${oneLine(JSON.stringify(from))} → ${oneLine(JSON.stringify(to))}\n`);
  }
  for (const { key, change, from, to } of diff.env) {
    const sides = [from, to].filter((side) => side !== null).join(" → ");
    const mark = change === "added" ? colours.green("+") : change === "removed" ? colours.red("-") : "~";
    parts.push(`${mark} env ${key}: ${change.replaceAll("_", " ")}${sides === "" ? "" : `, ${sides}`}\n`);
  }
  const lines = diff.instructions;
  if (lines.some(({ op }) => op !== "same")) {
    parts.push("\nInstructions\n");
    for (const { op, text } of lines) {
      const line = plainLines(text, false);
      if (op === "added") parts.push(colours.green(`+ ${line}`), "\n");
      else if (op === "removed") parts.push(colours.red(`- ${line}`), "\n");
      else parts.push(`  ${line}\n`);
    }
  }
  if (parts.length === 1) parts.push("Nothing changed.\n");
  return parts.join("");
}

export function restorePreviewText(preview: RestorePreview, output: Output): string {
  const gone = preview.gone.map(
    ({ key, secretId, reason }) =>
      `${output.colours.red("✕")} ${key}: its secret ${secretId} can no longer be bound (${reason}); ` +
      `add --leave-out ${key} to restore without it\n`,
  );
  const warnings = preview.warnings.map((warning) => `${output.colours.yellow("!")} ${oneLine(warning)}\n`);
  return [
    `Restoring revision ${preview.revision} would change this:\n`,
    diffText(preview.diff, output),
    ...gone,
    ...warnings,
  ].join("");
}
