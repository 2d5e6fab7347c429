import picocolors from "picocolors";
import { failureText } from "./errors.ts";
import type { FailedCommand } from "./errors.ts";
import { asTyped } from "./launch.ts";
import type { Launch } from "./launch.ts";
import { renderFields, renderTable } from "./table.ts";
import type { Column } from "./table.ts";
import { oneLine, plainLines } from "./text.ts";

export type Colours = ReturnType<typeof picocolors.createColors>;

/** Where text goes; the process's own streams are such. */
export interface TextStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export interface OutputOptions {
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  readonly env: NodeJS.ProcessEnv;
  readonly launch: Launch;
  /** One JSON value on standard output, and nothing else there. */
  readonly json: boolean;
}

/** What a command says, for people or as JSON. Standard output carries the answer, standard error the rest. */
export interface Output {
  readonly json: boolean;
  readonly colours: Colours;
  /** Columns of the terminal, or null where output is not one. */
  readonly width: number | null;
  /** The answer: the value itself with `--json`, otherwise its text. */
  answer(value: unknown, text: (output: Output) => string): void;
  /** Text on standard output as it stands; for streams. */
  raw(text: string): void;
  /** A line of a program's output, without what could steer the terminal. `forPeople` moves it to standard error. */
  log(text: string, forPeople: boolean): void;
  /** Progress of long work, on standard error; nothing with `--json`. */
  progress(text: string): void;
  failure(failed: FailedCommand): void;
  /** One line of advice, with its commands as they can be typed here. */
  hint(text: string): string;
  table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string;
  fields(fields: Parameters<typeof renderFields>[0]): string;
  /** How to see the following page of a list, or nothing on the last one. */
  more(nextCursor: string | null): string;
}

/** The narrowest and the widest table that is drawn on a terminal, in columns. */
const [NARROWEST, WIDEST] = [40, 240];

export function createOutput({ stdout, stderr, env, launch, json }: OutputOptions): Output {
  const colours = picocolors.createColors(wantsColours(stdout, env));
  const errorColours = picocolors.createColors(wantsColours(stderr, env));
  const width = stdout.isTTY ? Math.min(WIDEST, Math.max(NARROWEST, stdout.columns ?? 80)) : null;
  const output: Output = {
    json,
    colours,
    width,
    answer: (value, text) => {
      // One line for a program that reads lines, such as the first one of `serve --json`.
      stdout.write(json ? `${JSON.stringify(value, null, stdout.isTTY ? 2 : 0)}\n` : text(output));
    },
    raw: (text) => {
      stdout.write(text);
    },
    log: (text, forPeople) => {
      const stream = forPeople ? stderr : stdout;
      const shown = stream.isTTY ? plainLines(text, wantsColours(stream, env)) : text;
      stream.write(`${shown}\n`);
    },
    progress: (text) => {
      if (!json) stderr.write(`${errorColours.dim(asTyped(text, launch))}\n`);
    },
    failure: (failed) => {
      stderr.write(json ? failureJson(failed) : paintFailure(asTyped(failureText(failed), launch), errorColours));
    },
    hint: (text) => asTyped(oneLine(text), launch),
    table: (columns, rows) => renderTable(columns, rows, width, (line) => colours.dim(line)),
    fields: (fields) =>
      renderFields(
        fields.map(([name, value]) => [
          name,
          typeof value === "string" ? plainLines(value, colours.isColorSupported) : value,
        ]),
        (name) => colours.dim(name),
      ),
    more: (nextCursor) => (nextCursor === null ? "" : `${colours.dim(`More: add --cursor "${nextCursor}"`)}\n`),
  };
  return output;
}

/** Colours only on a terminal, and not where the operator does not want them (no-color.org). */
function wantsColours(stream: TextStream, env: NodeJS.ProcessEnv): boolean {
  return stream.isTTY === true && !env["NO_COLOR"] && env["TERM"] !== "dumb";
}

function failureJson({ code, message, fields, next, details }: FailedCommand): string {
  return `${JSON.stringify({ error: { code, message, fields, next, details } })}\n`;
}

function paintFailure(text: string, colours: Colours): string {
  return plainLines(text, false)
    .replace(/^error:/, colours.red("error:"))
    .replace(/^next:/m, colours.bold("next:"));
}
