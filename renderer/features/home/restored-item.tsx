import type { RestoreHold } from "../../../preload/contract/restore.ts";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { useReadOnly } from "../../data/status.ts";
import { Button } from "../../ui/button.tsx";
import { MarkShape } from "../../ui/mark.tsx";
import { RestoreHoldWords, useReleaseRestored } from "../backups/restore-hold.tsx";

/** That nothing starts by itself since a restore, and the one thing to press. */
export function RestoredItem({ held }: { readonly held: RestoreHold }) {
  const readOnly = useReadOnly();
  const release = useReleaseRestored();
  return (
    <>
      <MarkShape state="held" label="Held" />
      <div className="needs-you-words">
        <p>Nothing starts by itself since the restore.</p>
        <p className="quiet">
          <RestoreHoldWords held={held} />
        </p>
        {release.failure === null ? null : <FailureNotice what="Nothing was released" failure={release.failure} />}
      </div>
      <Button isPending={release.pending} isDisabled={readOnly !== null} onPress={() => void release.run("start")}>
        Release<span className="unseen"> what was restored</span>
      </Button>
    </>
  );
}
