import type { BackupWork } from "../../../preload/contract/backups.ts";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { useClient } from "../../data/panel-context.tsx";
import { useAction } from "../../data/use-action.ts";
import { Button } from "../../ui/button.tsx";
import { focusHeading } from "../../ui/focus-heading.ts";
import { Mark } from "../../ui/mark.tsx";
import { workText } from "./backup-words.ts";
import "./backups.css";

/** How far the work on a backup is, and the way to give it up. */
export function WorkNotice({ work }: { readonly work: BackupWork }) {
  const client = useClient();
  const cancel = useAction(() => client.backups.cancel());
  const giveUp = async () => {
    if ((await cancel.run(undefined)) !== null) focusHeading();
  };
  return (
    <>
      <div className="backups-work">
        <div className="backups-work-words">
          <Mark state="running">{workText(work)}</Mark>
          <progress className="backups-work-bar" aria-label="How far it is" max={1} value={work.done} />
        </div>
        <Button isPending={cancel.pending} onPress={() => void giveUp()}>
          Cancel
        </Button>
      </div>
      {cancel.failure === null ? null : <FailureNotice failure={cancel.failure} what="It was not cancelled" />}
    </>
  );
}
