import { parseCron } from "../calendar/expression.ts";

/** One job of a crontab, as cron would start it. */
export interface CronJob {
  /** From 1. */
  readonly line: number;
  /** Of the comment above it, or the program that it starts. */
  readonly title: string;
  readonly expression: string;
  /** What `CRON_TZ` said before it, or null. */
  readonly zone: string | null;
  /** What `SHELL` said before it, or null. */
  readonly shell: string | null;
  /** A script for a shell: the command, with what stands behind its first `%` as its input. */
  readonly script: string;
  /** The variables that were set before it, as they are then. */
  readonly env: readonly CronVariable[];
}

export interface CronVariable {
  readonly line: number;
  readonly key: string;
  readonly value: string;
}

/** A line that is not taken, and why. Of the line itself nothing is repeated. */
export interface LeftLine {
  readonly line: number;
  readonly why: string;
}

export interface Crontab {
  readonly jobs: readonly CronJob[];
  readonly left: readonly LeftLine[];
  /** Lines that are taken and mean something else than people may think. */
  readonly notes: readonly string[];
}

const LONGEST_TITLE = 200;
/** Of cron itself, or of the whole and not of a job. */
const OF_CRON = new Set([
  "SHELL",
  "MAILTO",
  "MAILFROM",
  "CRON_TZ",
  "LOGNAME",
  "USER",
  "RANDOM_DELAY",
  "START_HOURS_RANGE",
]);

/**
 * Reads a user's crontab: comments, variables and jobs. A variable counts for the jobs below it. A comment right above a job
 * is its title; one that is a job commented out is none.
 */
export function parseCrontab(text: string): Crontab {
  const jobs: CronJob[] = [];
  const left: LeftLine[] = [];
  const notes: string[] = [];
  const env = new Map<string, CronVariable>();
  const taken = new Set<string>();
  let comments: string[] = [];
  let zone: string | null = null;
  let shell: string | null = null;

  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = index + 1;
    const source = raw.trimStart();
    if (source === "") {
      comments = [];
      continue;
    }
    if (source.startsWith("#")) {
      const words = source.replace(/^#+\s*/, "").trim();
      if (isJob(words)) {
        left.push({ line, why: "It is a job that is commented out." });
        comments = [];
      } else comments.push(words);
      continue;
    }
    const variable = variableOf(source);
    if (variable !== null) {
      const { key, value } = variable;
      comments = [];
      if (key === "CRON_TZ") zone = value;
      else if (key === "SHELL") shell = value;
      else if (!OF_CRON.has(key)) env.set(key, { line, key, value });
      const note = NOTES[key];
      if (note !== undefined) notes.push(`Line ${line}: ${note}`);
      continue;
    }
    const read = jobOf(source);
    if ("why" in read) left.push({ line, why: read.why });
    else {
      const title = free(titleOf(comments, read.command), taken);
      jobs.push({ line, title, expression: read.expression, zone, shell, script: read.script, env: [...env.values()] });
    }
    comments = [];
  }
  return { jobs, left, notes };
}

const NOTES: Readonly<Record<string, string>> = {
  MAILTO: "MAILTO is left out: no mail is sent; what a job prints is in the log of its run.",
  MAILFROM: "MAILFROM is left out: no mail is sent.",
  TZ: "TZ is the clock of the commands, as in cron; the schedule goes by CRON_TZ or the zone that is named.",
  RANDOM_DELAY: "RANDOM_DELAY is left out: jobs start on time.",
  START_HOURS_RANGE: "START_HOURS_RANGE is left out.",
};

/** `NAME=value`, with or without quotes and blanks around the sign. */
function variableOf(source: string): { readonly key: string; readonly value: string } | null {
  const match = /^(?:"([A-Za-z_]\w*)"|'([A-Za-z_]\w*)'|([A-Za-z_]\w*))[ \t]*=[ \t]*(.*)$/s.exec(source);
  if (match === null) return null;
  const value = (match[4] ?? "").trimEnd();
  const quoted = /^(["'])(.*)\1$/s.exec(value);
  return { key: match[1] ?? match[2] ?? match[3] ?? "", value: quoted?.[2] ?? value };
}

type ReadJob =
  | { readonly why: string }
  | { readonly expression: string; readonly command: string; readonly script: string };

function jobOf(source: string): ReadJob {
  const parts = partsOf(source);
  if (parts === null) return { why: "It has no five fields with a command behind them." };
  const { expression, rest } = parts;
  if (/^@reboot$/i.test(expression)) {
    return { why: "@reboot is none of a schedule: it is due when the machine starts, and routines go by the clock." };
  }
  const parsed = parseCron(expression);
  if (!parsed.ok)
    return { why: `Its schedule is refused: ${parsed.problem.message}, at character ${parsed.problem.position + 1}.` };
  const { command, input } = splitPercent(rest);
  if (command.trim() === "") return { why: "It has no command." };
  if (/\{\{\s*[A-Za-z]\w*\s*\}\}/.test(`${command}${input ?? ""}`)) {
    return { why: "Its command holds {{…}}, which would be a variable of the routine." };
  }
  if (input !== null && /(^|[^\\])(\\\\)*\\$/.test(command)) {
    return { why: "Its command ends with a backslash before its input." };
  }
  return { expression, command, script: input === null ? command : withInput(command, input) };
}

function partsOf(source: string): { readonly expression: string; readonly rest: string } | null {
  const match = source.startsWith("@")
    ? /^(@\S+)[ \t]+(.*)$/s.exec(source)
    : /^((?:\S+[ \t]+){4}\S+)[ \t]+(.*)$/s.exec(source);
  if (match === null) return null;
  return { expression: (match[1] ?? "").replaceAll(/[ \t]+/g, " "), rest: match[2] ?? "" };
}

/** Cron's rule: the first `%` ends the command, and further ones are ends of lines of its input; `\%` is the sign itself. */
function splitPercent(text: string): { readonly command: string; readonly input: string | null } {
  const parts = text.split(/(?<!\\)%/).map((part) => part.replaceAll("\\%", "%"));
  const [command = "", ...input] = parts;
  return { command, input: input.length === 0 ? null : input.join("\n") };
}

/** The command in braces, so that its input is that of all of it. */
function withInput(command: string, input: string): string {
  const lines = input.split("\n");
  let mark = "END_OF_INPUT";
  while (lines.includes(mark)) mark += "_";
  return `{\n${command}\n} <<'${mark}'\n${input === "" ? "" : `${input}\n`}${mark}\n`;
}

function isJob(words: string): boolean {
  const parts = partsOf(words);
  return parts !== null && /^[@*\d]/.test(parts.expression) && parseCron(parts.expression).ok;
}

/** The first line of the comment above, unless it is the heading of the columns; otherwise the program. */
function titleOf(comments: readonly string[], command: string): string {
  const heading = comments.some((words) => /^m\s+h\s+dom\b/i.test(words));
  const [first] = heading ? [] : comments.map(oneLine).filter((words) => /[\p{L}\p{N}]/u.test(words));
  return (first ?? programOf(command)).slice(0, LONGEST_TITLE).trim();
}

/** Marks that a title cannot hold are blanks in it. */
const oneLine = (words: string): string => words.replaceAll(/[\p{C}\p{Zl}\p{Zp}]+/gu, " ").trim();

/** The name of the program; arguments may hold what nobody should read in a list. */
function programOf(command: string): string {
  const word =
    command
      .trim()
      .split(/\s+/)
      .find((each) => !/^[A-Za-z_]\w*=/.test(each) && !/^[({]/.test(each)) ?? "";
  const name = oneLine(word.replace(/^.*\//, "").replaceAll(/[^\p{L}\p{N}._+-]/gu, ""));
  return name === "" ? "Job of a crontab" : name;
}

/** Titles are one of a kind, whatever the case. */
function free(title: string, taken: Set<string>): string {
  let candidate = title;
  for (let number = 2; taken.has(candidate.toLowerCase()); number += 1) {
    candidate = `${title.slice(0, LONGEST_TITLE - 6)} (${number})`;
  }
  taken.add(candidate.toLowerCase());
  return candidate;
}
