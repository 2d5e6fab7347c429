import { InvalidArgumentError } from "commander";
import { UsageError } from "./errors.ts";

/** A whole number from 1, such as the number of a revision; commander turns the error into one about its option. */
export function parseCount(text: string): number {
  if (!/^[1-9][0-9]{0,8}$/.test(text)) throw new InvalidArgumentError("It takes a whole number from 1.");
  return Number(text);
}

/** A whole number from 0, such as a size in bytes. */
export function parseWhole(text: string): number {
  if (!/^(0|[1-9][0-9]{0,14})$/.test(text)) throw new InvalidArgumentError("It takes a whole number from 0.");
  return Number(text);
}

/** A TCP port; 0 asks the system for any free one. */
export function parsePort(text: string): number {
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535)) throw new InvalidArgumentError("It takes a port from 0 to 65535.");
  return port;
}

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** An instant in UTC of ISO 8601 text, or of a distance into the past such as `90m`, `24h`, `7d`. */
export function parseInstant(text: string, now: Date): string {
  const distance = /^([1-9][0-9]{0,5})([smhdw])$/.exec(text);
  const instant = distance
    ? new Date(now.getTime() - Number(distance[1]) * (UNIT_MS[distance[2] ?? ""] ?? Number.NaN))
    : new Date(/^\d{4}-\d{2}-\d{2}([T ]|$)/.test(text) ? text : Number.NaN);
  if (Number.isNaN(instant.getTime())) {
    throw new UsageError(`"${text}" is no time.`, "Write an instant such as 2026-03-08T07:00:00Z, or 90m, 24h, 7d.");
  }
  return instant.toISOString();
}

/** Splits `NAME=VALUE`; the value may hold further equals signs, or be empty. */
export function parseAssignment(text: string, option: string): [name: string, value: string] {
  const at = text.indexOf("=");
  if (at < 1) throw new UsageError(`${option} takes NAME=VALUE.`, `Write ${option} NAME=VALUE.`);
  return [text.slice(0, at), text.slice(at + 1)];
}

/** `NAME=VALUE` pairs as an object; a name that is given twice is refused. */
export function parseAssignments(texts: readonly string[], option: string): Record<string, string> {
  const values: Record<string, string> = {};
  for (const text of texts) {
    const [name, value] = parseAssignment(text, option);
    if (Object.hasOwn(values, name)) throw new UsageError(`${option} names "${name}" twice.`);
    Object.defineProperty(values, name, { value, enumerable: true, configurable: true, writable: true });
  }
  return values;
}

/** The number of a revision, written as `7` or `r7`. */
export function parseRevision(text: string): number {
  const number = /^r?([1-9][0-9]{0,8})$/.exec(text)?.[1];
  if (number === undefined) throw new UsageError(`"${text}" is no number of a revision.`, "Write it as 7 or r7.");
  return Number(number);
}
