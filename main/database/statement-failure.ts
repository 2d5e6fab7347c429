import { errorText, isOfFile, Refusal } from "../contract/refusal.ts";
import { isReadOnlyFailure, LET_IT_BE_CHANGED } from "./read-only.ts";

/** Codes of the system where the server is not there or went away. */
const GONE = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
]);
/** SQLSTATE of a server that ends, starts, or takes no more connections, and class 08 of broken ones. */
const GONE_STATE = /^(57P0[1-3]|53300|08...)$/;
/** What pg says without a code. */
const GONE_TEXT =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/;
/** SQLSTATE and system code of a disk that is full. */
const FULL = new Set(["53100", "ENOSPC"]);

/** SQLSTATE of text that PostgreSQL cannot store: NUL, and half of a surrogate pair. */
const UNSTORABLE = new Set(["22021", "22P05"]);

/**
 * The refusal behind a statement that failed for no fault of its own: the server is away or takes no
 * changes, the disk is full, or a text cannot be stored. Looks through the causes that the query builder and the pool wrap
 * around. Null where the failure is something else.
 */
export function statementFailure(error: unknown): Refusal | null {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    const code = "code" in cause && typeof cause.code === "string" ? cause.code : "";
    if (FULL.has(code)) {
      return new Refusal(
        "disk_full",
        "The disk is full; nothing was saved.",
        {
          next: "Free some space where the instance is, and try again.",
        },
        error,
      );
    }
    if (isReadOnlyFailure(cause)) {
      return new Refusal(
        "read_only",
        "The database can only be read at present; nothing was changed.",
        { next: LET_IT_BE_CHANGED },
        error,
      );
    }
    if (UNSTORABLE.has(code)) {
      return new Refusal(
        "invalid_input",
        "A text holds a character that cannot be stored, such as NUL; nothing was saved.",
        {
          next: "Remove the character, and try again.",
        },
        error,
      );
    }
    const isGone = code === "ENOENT" ? !isOfFile(cause) : GONE.has(code);
    if (isGone || GONE_STATE.test(code) || GONE_TEXT.test(cause.message)) {
      return new Refusal(
        "database_unavailable",
        `The database does not answer: ${errorText(cause)}.`,
        {
          next: "`paperclip-desktop status` says how it is. The app connects again by itself; try once more in a moment.",
        },
        error,
      );
    }
  }
  return null;
}
