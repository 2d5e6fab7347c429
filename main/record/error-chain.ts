import { asRefusal } from "../contract/refusal.ts";

/** One error of a chain as it may be written down. */
export interface DescribedError {
  readonly name: string;
  readonly code?: string;
  readonly message: string;
  /** Frames only, without the first lines, which repeat the message. */
  readonly stack?: string[];
  readonly cause?: DescribedError;
}

const LONGEST_MESSAGE = 2_000;
const MOST_FRAMES = 20;
const LONGEST_CHAIN = 8;

/**
 * An error for the log: names, codes, messages and frames of its cause chain, nothing else of it. Messages are masked:
 * passwords in URLs, the parameters that the query builder appends, and what the caller's `mask` knows. The details that
 * PostgreSQL sends (which quote whole rows) are not part of a message and are left out.
 */
export function describeError(error: unknown, mask: (text: string) => string, depth = 1): DescribedError {
  if (!(error instanceof Error)) return describeOther(error, mask);
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  const known = asRefusal(error) !== null;
  return {
    name: error.name,
    ...(code === undefined ? {} : { code }),
    message: maskMessage(error.message, mask),
    ...(known ? {} : { stack: frames.slice(0, MOST_FRAMES).map((frame) => maskMessage(frame.trim(), mask)) }),
    ...(error.cause === undefined || depth >= LONGEST_CHAIN
      ? {}
      : { cause: describeError(error.cause, mask, depth + 1) }),
  };
}

/** A failure as the rooms pass it around, or something that was thrown and is no error: its code and message. */
function describeOther(thrown: unknown, mask: (text: string) => string): DescribedError {
  if (typeof thrown === "object" && thrown !== null) {
    const code = "code" in thrown && typeof thrown.code === "string" ? { code: thrown.code } : {};
    const message = "message" in thrown && typeof thrown.message === "string" ? thrown.message : "[object]";
    return { name: "Failure", ...code, message: maskMessage(message, mask) };
  }
  return { name: typeof thrown, message: maskMessage(String(thrown), mask) };
}

function maskMessage(message: string, mask: (text: string) => string): string {
  const withoutParameters = message.replace(/\nparams: [\s\S]*$/, "");
  const withoutPasswords = withoutParameters.replace(/(\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*):[^\s@]*@/gi, "$1:***@");
  return mask(withoutPasswords).slice(0, LONGEST_MESSAGE);
}
