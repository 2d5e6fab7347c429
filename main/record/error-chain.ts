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
 * passwords in URLs, and the parameters that the query builder appends. The details that
 * PostgreSQL sends (which quote whole rows) are not part of a message and are left out.
 */
export function describeError(error: unknown, depth = 1): DescribedError {
  if (!(error instanceof Error)) return describeOther(error);
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  const known = asRefusal(error) !== null;
  return {
    name: error.name,
    ...(code === undefined ? {} : { code }),
    message: maskMessage(error.message),
    ...(known ? {} : { stack: frames.slice(0, MOST_FRAMES).map((frame) => maskMessage(frame.trim())) }),
    ...(error.cause === undefined || depth >= LONGEST_CHAIN ? {} : { cause: describeError(error.cause, depth + 1) }),
  };
}

/** A failure as the rooms pass it around, or something that was thrown and is no error: its code and message. */
function describeOther(thrown: unknown): DescribedError {
  if (typeof thrown === "object" && thrown !== null) {
    const code = "code" in thrown && typeof thrown.code === "string" ? { code: thrown.code } : {};
    const message = "message" in thrown && typeof thrown.message === "string" ? thrown.message : "[object]";
    return { name: "Failure", ...code, message: maskMessage(message) };
  }
  return { name: typeof thrown, message: maskMessage(String(thrown)) };
}

function maskMessage(message: string): string {
  const withoutParameters = message.replace(/\nparams: [\s\S]*$/, "");
  const withoutPasswords = withoutParameters.replace(/(\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*):[^\s@]*@/gi, "$1:***@");
  return withoutPasswords.slice(0, LONGEST_MESSAGE);
}
