import { isDefinedError, ORPCError } from "@orpc/client";
import type { ErrorCode, ErrorData } from "../../preload/contract/errors.ts";
import { ConnectionLost } from "./transport.ts";

/** Why a call did not do what it should, in the words of the control plane. */
export interface Failure extends ErrorData {
  /** A code of the contract; `connection_lost` where nothing was asked; `unexpected` for what nobody foresaw. */
  readonly code: ErrorCode | "connection_lost" | "unexpected";
  readonly message: string;
}

/** Any thrown thing as a failure that a screen can show. */
export function failureOf(error: unknown): Failure {
  if (error instanceof ORPCError && isDefinedError(error)) {
    return { ...(error.data as ErrorData | undefined), code: error.code as ErrorCode, message: error.message };
  }
  if (error instanceof ConnectionLost || isAbort(error)) {
    return {
      code: "connection_lost",
      message: "The connection to Paperclip Desktop is lost.",
      next: "Nothing was changed. It connects again by itself; then try once more.",
    };
  }
  return {
    code: "unexpected",
    message: error instanceof Error ? error.message : String(error),
    next: "The product log in the instance folder (`logs/`) says more.",
  };
}

/** What a call ends with when its connection closes under it. */
function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}
