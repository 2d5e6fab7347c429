import { useCallback, useLayoutEffect, useRef, useState } from "react";
import { failureOf } from "./failure.ts";
import type { Failure } from "./failure.ts";

/** A call that changes something, as a form or a button needs it. What it was given is not kept anywhere. */
export interface Action<Input, Output> {
  /** Does it, and answers with what it gave, or null where it failed; then `failure` says why. */
  run(input: Input): Promise<Output | null>;
  readonly pending: boolean;
  readonly failure: Failure | null;
  /** Messages by field name, as a form takes them: `validationErrors={action.fieldErrors}`. */
  readonly fieldErrors: Readonly<Record<string, string>>;
  reset(): void;
}

const NO_FIELDS: Readonly<Record<string, string>> = {};

/** Wraps a call. A second `run` while one is under way is ignored, so that a double click does nothing twice. */
export function useAction<Input, Output>(call: (input: Input) => Promise<Output>): Action<Input, Output> {
  const [pending, setPending] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  const underWay = useRef(false);
  const latest = useRef(call);
  useLayoutEffect(() => {
    latest.current = call;
  });

  const run = useCallback(async (input: Input): Promise<Output | null> => {
    if (underWay.current) return null;
    underWay.current = true;
    setPending(true);
    setFailure(null);
    try {
      return await latest.current(input);
    } catch (error) {
      setFailure(failureOf(error));
      return null;
    } finally {
      underWay.current = false;
      setPending(false);
    }
  }, []);
  const reset = useCallback(() => setFailure(null), []);
  return { run, pending, failure, fieldErrors: failure?.fields ?? NO_FIELDS, reset };
}
