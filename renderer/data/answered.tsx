import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { SkeletonRows } from "../ui/skeleton.tsx";
import { FailureNotice } from "./failure-notice.tsx";
import { failureOf } from "./failure.ts";

export interface AnsweredProps<Value> {
  readonly query: UseQueryResult<Value>;
  /** What cannot be shown when it fails: "The routines cannot be shown". */
  readonly what: string;
  /** Shown until the first answer, in the final size. */
  readonly loading?: ReactNode;
  readonly children: (value: Value) => ReactNode;
}

/**
 * What was asked for, in each of its states: being loaded, there, failed, or there from before with a failure since. A
 * failure never looks like an empty list.
 */
export function Answered<Value>({ query, what, loading, children }: AnsweredProps<Value>) {
  const { data, error, refetch } = query;
  const notice =
    error === null ? null : <FailureNotice what={what} failure={failureOf(error)} onRetry={() => void refetch()} />;
  if (data === undefined) return notice ?? loading ?? <SkeletonRows />;
  return (
    <>
      {notice}
      {children(data)}
    </>
  );
}
