import type { RestoreHold } from "../../../preload/contract/restore.ts";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { useReadOnly } from "../../data/status.ts";
import { Button } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import { RestoreHoldWords, useReleaseRestored } from "./restore-hold.tsx";

/** Says that nothing starts by itself since a restore, and ends that. */
export function HeldNotice({ held }: { readonly held: RestoreHold }) {
  const readOnly = useReadOnly();
  const release = useReleaseRestored();
  const isDisabled = readOnly !== null || release.pending;
  return (
    <>
      <Notice
        tone="doubtful"
        title="Nothing starts by itself since the restore"
        actions={
          <>
            {held.queued === 0 ? null : (
              <Button isDisabled={isDisabled} onPress={() => void release.run("cancel")}>
                Release, and cancel the queue
              </Button>
            )}
            <Button
              isPending={release.pending}
              isDisabled={readOnly !== null}
              onPress={() => void release.run("start")}
            >
              Release
            </Button>
          </>
        }
      >
        <RestoreHoldWords held={held} /> Slots of the held time do not run; each has its row in the history.
      </Notice>
      {release.failure ? <FailureNotice what="Nothing was released" failure={release.failure} /> : null}
    </>
  );
}
