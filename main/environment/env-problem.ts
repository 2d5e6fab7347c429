import type { ErrorCode } from "../../preload/contract/errors.ts";

/** Why one key of an env cannot be saved. */
export interface EnvProblem {
  readonly key: string;
  readonly code: ErrorCode;
  /** What is wrong, as it follows the key and a colon. */
  readonly message: string;
  readonly next: string;
  /** The secret that the key refers to, as it was written. */
  readonly secret?: string;
}
