import type { ErrorCode, ErrorData } from "../../preload/contract/errors.ts";

/**
 * An expected failure: a code of the closed union, one sentence that says what did not happen and why, and what to do
 * next. It is thrown, so that a transaction it ends rolls back; the border of the contract carries it to the client.
 * Never holds a secret value.
 */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly code: ErrorCode;
  readonly data: ErrorData;

  constructor(code: ErrorCode, message: string, data: ErrorData = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.data = data;
  }
}

/** The refusal in an error, or null: an unexpected error stays what it is. */
export function asRefusal(error: unknown): Refusal | null {
  return error instanceof Refusal ? error : null;
}

/** The text of an error for a log or an operator, also where somebody threw something that is not an Error. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The system's own code of an error, such as `ENOENT`, or null. */
export function systemCode(error: unknown): string | null {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : null;
}

/**
 * Whether an error of the system that says that something is not there, or cannot be read, is of a file: it may be of a socket
 * that is connected to, or of a program, too.
 */
export function isOfFile(error: unknown): boolean {
  const syscall = error instanceof Error && "syscall" in error ? error.syscall : null;
  return typeof syscall === "string" && !/^(connect|spawn)/.test(syscall);
}
