import { closeSync, fchmodSync, fstatSync, openSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import path from "node:path";
import { pino } from "pino";
import type { Log } from "../instance/log.ts";
import { explainFileError } from "../instance/permissions.ts";
import { describeError } from "./error-chain.ts";

/** The only facts that are written. One of another name is dropped, so that a value cannot slip in by a wide object. */
const ALLOWED_FACTS = new Set([
  "agentId",
  "applied",
  "attempt",
  "attempts",
  "attemptId",
  "bytes",
  "code",
  "companyId",
  "count",
  "durationMs",
  "exitCode",
  "host",
  "instanceId",
  "kind",
  "left",
  "migration",
  "mode",
  "ownerId",
  "pid",
  "pids",
  "port",
  "problem",
  "procedure",
  "projectId",
  "reason",
  "routineId",
  "runId",
  "schema",
  "secretId",
  "signal",
  "state",
  "status",
  "systemCode",
  "topic",
  "version",
]);

/** Facts that hold an error or a failure: written as name, code, masked message and cause chain. */
const ERROR_FACTS = new Set(["error", "failure"]);

const LONGEST_FACT = 500;

export interface ProductLogOptions {
  /** Where `paperclip.log` and its predecessors `paperclip.log.1` … stand. The directory exists. */
  readonly directory: string;
  /** A file that passes this size is put aside, in bytes. */
  readonly limitBytes?: number;
  /** How many files that were put aside are kept. */
  readonly keep?: number;
}

export interface ProductLog extends Log {
  close(): void;
}

const MEBIBYTE = 1024 * 1024;

/**
 * The product log: one JSON object per line in `paperclip.log`, mode 0600. Lines are written at once, so that the last
 * ones before a crash are there. The whole log stays below `limitBytes × (keep + 1)`, and one line. Refuses with
 * `instance_permissions` or `disk_full` where the file cannot be written. After `close`, lines are dropped.
 */
export function openProductLog(options: ProductLogOptions): ProductLog {
  const { directory, limitBytes = 5 * MEBIBYTE, keep = 3 } = options;
  const file = path.join(directory, "paperclip.log");
  // Null once closed: the system gives the number to the next file that is opened, which is not this one's to write to.
  let descriptor: number | null = openPrivate(file);
  let size = fstatSync(descriptor).size;

  const close = () => {
    if (descriptor !== null) closeSync(descriptor);
    descriptor = null;
  };
  const putAside = () => {
    for (let number = keep; number >= 1; number -= 1) {
      const from = number === 1 ? file : `${file}.${number - 1}`;
      rmSync(`${file}.${number}`, { force: true });
      if (statSync(from, { throwIfNoEntry: false })) renameSync(from, `${file}.${number}`);
    }
    if (keep === 0) rmSync(file, { force: true });
    const next = openPrivate(file);
    close();
    descriptor = next;
    size = 0;
  };
  const sink = {
    write(line: string) {
      if (descriptor === null) return;
      try {
        if (size > 0 && size + Buffer.byteLength(line) > limitBytes) putAside();
        size += writeSync(descriptor, line);
      } catch {
        // A full disk must not end the app because it could not say so.
      }
    },
  };
  const logger = pino(
    {
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    sink,
  );
  return {
    info: (facts, message) => logger.info(allowed(facts), message),
    warn: (facts, message) => logger.warn(allowed(facts), message),
    error: (facts, message) => logger.error(allowed(facts), message),
    close,
  };
}

function openPrivate(file: string): number {
  try {
    const descriptor = openSync(file, "a", 0o600);
    fchmodSync(descriptor, 0o600);
    return descriptor;
  } catch (error) {
    throw explainFileError(error, `The log ${file} was not opened`);
  }
}

function allowed(facts: Record<string, unknown>): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const [name, fact] of Object.entries(facts)) {
    if (fact === undefined) continue;
    if (ERROR_FACTS.has(name)) kept[name] = describeError(fact);
    else if (ALLOWED_FACTS.has(name)) kept[name] = plainFact(fact);
  }
  return kept;
}

function plainFact(fact: unknown): unknown {
  if (typeof fact === "string") return fact.slice(0, LONGEST_FACT);
  if (typeof fact === "number" || typeof fact === "boolean" || fact === null) return fact;
  if (fact instanceof Date) return fact.toISOString();
  if (Array.isArray(fact)) return fact.slice(0, 50).map((item) => plainFact(item));
  return `[${typeof fact}]`;
}
