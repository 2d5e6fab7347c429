import { useState } from "react";
import type { KeptState } from "../../../preload/contract/restore.ts";
import { comingBack, replacedBy } from "../../../preload/rules/kept-states.ts";
import { replacedText } from "../../../preload/rules/replaced-parts.ts";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { useClient, useConnectionState } from "../../data/panel-context.tsx";
import { useAction } from "../../data/use-action.ts";
import { Button } from "../../ui/button.tsx";
import { ConfirmDialog } from "../../ui/dialog.tsx";
import { focusHeading } from "../../ui/focus-heading.ts";
import { Notice } from "../../ui/notice.tsx";
import { instantText } from "../../ui/time-text.ts";
import { say } from "../../ui/toast.tsx";

export interface KeptNoticeProps {
  readonly kept: KeptState;
  /** Whether something is being done to a backup. */
  readonly busy: boolean;
  /** Whether the operator came to put it back, as from the menu: then it is asked at once. */
  readonly isAsked: boolean;
  /** Told when that question is over. */
  onAsked(): void;
}

/** The way back, by what comes back. */
const WAYS = { before: "Undo restore", restored: "Restore again", unknown: "Undo the undo" } as const;

/** What was in use before the last restore, or before its undo, and the way to put it back. */
export function KeptNotice({ kept, busy, isAsked, onAsked }: KeptNoticeProps) {
  const client = useClient();
  const connected = useConnectionState().kind === "open";
  const [asking, setAsking] = useState(false);
  const close = () => {
    setAsking(false);
    if (isAsked) onAsked();
  };
  const undo = useAction(() => client.restore.undo({ id: kept.id }));
  const putBack = async () => {
    // How far it is stands on the screen.
    close();
    const done = await undo.run(undefined);
    if (done === null) return;
    say("What was in use before is in use again.");
    focusHeading();
  };
  const coming = comingBack(kept);
  const replaced = replacedText(kept.replaced);
  return (
    <>
      <Notice
        title={coming?.kind === "before" ? "The restore can be undone" : "The undo can be undone"}
        actions={
          <Button
            isDisabled={(busy && !undo.pending) || !connected}
            isPending={undo.pending}
            onPress={() => setAsking(true)}
          >
            {WAYS[coming?.kind ?? "unknown"]}
          </Button>
        }
      >
        What was in use until {instantText(kept.keptAt)}, when {replacedBy(kept)}, is kept until{" "}
        {instantText(kept.expiresAt)}
        {replaced === null ? "" : `: ${replaced}`}.
      </Notice>
      {undo.failure ? <FailureNotice what="Nothing was put back" failure={undo.failure} /> : null}
      <ConfirmDialog
        title="Put back what was in use before?"
        confirm="Put it back"
        isOpen={asking || isAsked}
        onConfirm={() => void putBack()}
        onClose={close}
      >
        What is in use now takes its place and is kept for 7 days in turn. Runs that go on are ended, and nothing starts
        by itself afterwards until it is released.
      </ConfirmDialog>
    </>
  );
}
