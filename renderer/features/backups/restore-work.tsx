import type { RestoreWork } from "../../../preload/contract/restore.ts";
import { useClient } from "../../data/panel-context.tsx";
import { useAction } from "../../data/use-action.ts";
import { Button } from "../../ui/button.tsx";
import { Mark } from "../../ui/mark.tsx";
import "./backups.css";

const PHASES: Readonly<Record<RestoreWork["phase"], string>> = {
  verifying: "Reading the backup against its sums",
  stopping: "Ending what runs; nothing can be changed from now on",
  loading: "Loading it into a database of its own, and comparing every table",
  swapping: "Putting it in place",
  starting: "Starting",
};

/** How far a restore is, and the way to give it up as long as there is one. */
export function RestoreWorkNotice({ work }: { readonly work: RestoreWork }) {
  const client = useClient();
  const cancel = useAction(() => client.restore.cancel());
  return (
    <div className="backups-work">
      <div className="backups-work-words">
        <Mark state="running">{PHASES[work.phase]}</Mark>
        <progress className="backups-work-bar" aria-label="How far it is" max={1} value={work.done} />
      </div>
      {work.cancellable ? (
        <Button isPending={cancel.pending} onPress={() => void cancel.run(undefined)}>
          Cancel
        </Button>
      ) : null}
    </div>
  );
}
