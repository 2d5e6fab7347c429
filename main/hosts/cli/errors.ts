import { ORPCError } from "@orpc/client";
import { z } from "zod";
import { errorClasses, errorData } from "../../../preload/contract/errors.ts";
import type { ErrorData } from "../../../preload/contract/errors.ts";
import { asRefusal, errorText } from "../../contract/refusal.ts";
import { oneLine } from "./text.ts";

/** 0 done, 1 refused or failed, 2 the command line is off, 130 interrupted. */
export type ExitCode = 0 | 1 | 2 | 130;

/** The command line is off: an unknown option, a missing argument, two values where one is wanted. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly next: string | null;

  constructor(message: string, next: string | null = null) {
    super(message);
    this.next = next;
  }
}

/** The operator (by a signal) or another process (by `stop`) ended the command. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  readonly signal: NodeJS.Signals | null;

  constructor(message: string, signal: NodeJS.Signals | null) {
    super(message);
    this.signal = signal;
  }
}

/** A command that was done and whose outcome is a failure, such as a run that failed. */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly failed: FailedCommand;

  constructor(failed: FailedCommand) {
    super(failed.message);
    this.failed = failed;
  }
}

/** What standard error says about a command that failed. */
export interface FailedCommand {
  readonly code: string;
  readonly message: string;
  readonly fields?: Readonly<Record<string, string>> | undefined;
  readonly next?: string | undefined;
  readonly details?: ErrorData["details"];
}

const known = z.enum(Object.keys(errorClasses) as [keyof typeof errorClasses]);

/** What a thrown thing says. Only refusals speak for themselves; all else is unexpected, and says where to look. */
export function failedCommand(error: unknown): FailedCommand {
  const failed = told(error);
  const option = failed.code === "backup_sealed" && Object.keys(failed.fields ?? {})[0];
  // The refusal speaks of what is asked for; how it is given is known here alone.
  return option ? { ...failed, next: `${failed.next} By --${option}-file FILE or --${option}-stdin.` } : failed;
}

function told(error: unknown): FailedCommand {
  if (error instanceof Failure) return error.failed;
  const refusal = asRefusal(error);
  if (refusal) return { code: refusal.code, message: refusal.message, ...refusal.data };
  if (error instanceof ORPCError) {
    const data = errorData.safeParse(error.data ?? {});
    if (known.safeParse(error.code).success) {
      return { code: String(error.code), message: error.message, ...(data.success ? data.data : {}) };
    }
    if (error.code === "INTERNAL_SERVER_ERROR") return unexpected(error.message);
    if (error.code === "NOT_FOUND" || error.status === 404) {
      return {
        code: "not_available",
        message: "The running owner of the instance does not know this call: it is of another version.",
        next: "End it with `paperclip-desktop stop` and start it anew.",
      };
    }
  }
  return unexpected(`Something unexpected went wrong: ${errorText(error)}`);
}

function unexpected(message: string): FailedCommand {
  return { code: "unexpected", message, next: "Look into `logs/` in the directory of the instance." };
}

/** The line for people, with the next step below it, and further fields where several are wrong. */
export function failureText(failed: FailedCommand): string {
  const fields = Object.entries(failed.fields ?? {});
  // Whoever pressed Ctrl-C made no error, and neither did the command.
  const prefix = failed.code === "interrupted" ? "" : "error: ";
  return [
    `${prefix}${oneLine(failed.message)}`,
    ...(fields.length > 1 ? fields.map(([field, message]) => `  ${field}: ${message}`) : []),
    ...(failed.next ? [`next: ${oneLine(failed.next)}`] : []),
  ]
    .map((line) => `${line}\n`)
    .join("");
}
