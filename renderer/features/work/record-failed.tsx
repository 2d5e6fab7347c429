import { Link } from "@tanstack/react-router";
import { SearchX } from "lucide-react";
import { FailureNotice } from "../../data/failure-notice.tsx";
import type { Failure } from "../../data/failure.ts";
import { buttonClass } from "../../ui/button.tsx";
import { EmptyState } from "../../ui/notice.tsx";

export interface RecordFailedProps {
  readonly what: "agent" | "project";
  readonly failure: Failure;
  onRetry(): void;
}

/** In place of an agent or a project: it is not there, or it cannot be shown now. */
export function RecordFailed({ what, failure, onRetry }: RecordFailedProps) {
  if (failure.code !== `${what}_missing` && failure.code !== "name_ambiguous") {
    return <FailureNotice what={`The ${what} cannot be shown`} failure={failure} onRetry={onRetry} />;
  }
  return (
    <EmptyState
      icon={SearchX}
      title={`There is no such ${what}`}
      action={
        <Link to={what === "agent" ? "/agents" : "/projects"} className={buttonClass("primary")}>
          Show all {what}s
        </Link>
      }
    >
      The address names none of this company&rsquo;s {what}s. It may be of another company.
    </EmptyState>
  );
}
