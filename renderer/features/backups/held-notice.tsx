import type { RestoreHold } from "../../../preload/contract/restore.ts";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { useClient } from "../../data/panel-context.tsx";
import { useReadOnly } from "../../data/status.ts";
import { useAction } from "../../data/use-action.ts";
import { Button } from "../../ui/button.tsx";
import { focusHeading } from "../../ui/focus-heading.ts";
import { Notice } from "../../ui/notice.tsx";
import { Time } from "../../ui/time.tsx";
import { say } from "../../ui/toast.tsx";
import { counted } from "../secrets/secret-words.ts";

/** Says that nothing starts by itself since a restore, and ends that. */
export function HeldNotice({ held }: { readonly held: RestoreHold }) {
  const client = useClient();
  const readOnly = useReadOnly();
  const release = useAction((queued: "start" | "cancel") => client.restore.release({ queued }));
  const go = async (queued: "start" | "cancel") => {
    const done = await release.run(queued);
    if (done === null) return;
    say("Schedules and webhooks work again, from now on.");
    focusHeading();
  };
  const isDisabled = readOnly !== null || release.pending;
  const waiting = held.queued === 0 ? "" : `, and ${counted(held.queued, "run waits", "runs wait")} in the queue`;
  return (
    <>
      <Notice
        tone="doubtful"
        title="Nothing starts by itself since the restore"
        actions={
          <>
            {held.queued === 0 ? null : (
              <Button isDisabled={isDisabled} onPress={() => void go("cancel")}>
                Release, and cancel the queue
              </Button>
            )}
            <Button isPending={release.pending} isDisabled={readOnly !== null} onPress={() => void go("start")}>
              Release
            </Button>
          </>
        }
      >
        {held.kind === "restore" ? "The database is that of " : "The database was put back to that of "}
        <Time instant={held.stateOf} exactly />. Schedules and webhooks are held{waiting}. Slots of the held time do not
        run; each has its row in the history.
      </Notice>
      {release.failure ? <FailureNotice what="Nothing was released" failure={release.failure} /> : null}
    </>
  );
}
