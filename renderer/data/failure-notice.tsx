import { Link } from "@tanstack/react-router";
import { Button, buttonClass } from "../ui/button.tsx";
import { Notice } from "../ui/notice.tsx";
import type { Failure } from "./failure.ts";
import { useClient } from "./panel-context.tsx";
import { useAction } from "./use-action.ts";

export interface FailureNoticeProps {
  readonly failure: Failure;
  /** What did not happen: "The secret was not created". Left out, the failure's own words are the title. */
  readonly what?: string;
  onRetry?(): void;
}

/** A failure where the operator looks: what did not happen, why, what to do, with the action beside it. */
export function FailureNotice({ failure, what, onRetry }: FailureNoticeProps) {
  return (
    <Notice
      tone="bad"
      title={what === undefined ? failure.message : `${what}.`}
      next={failure.next}
      actions={
        <>
          <WayOut failure={failure} />
          {onRetry ? <Button onPress={onRetry}>Try again</Button> : null}
        </>
      }
    >
      {what === undefined ? null : failure.message}
    </Notice>
  );
}

/** The action that belongs to a code, where the panel has one. */
function WayOut({ failure }: { readonly failure: Failure }) {
  const client = useClient();
  const startDatabase = useAction(() => client.database.retry());
  switch (failure.code) {
    case "database_unavailable":
      return (
        <Button isPending={startDatabase.pending} onPress={() => void startDatabase.run(undefined)}>
          Start the database
        </Button>
      );
    case "vault_locked":
    case "key_invalid":
      return (
        <Link to="/settings" search={{ section: "secrets" }} className={buttonClass()}>
          Open vault settings
        </Link>
      );
    default:
      return null;
  }
}
