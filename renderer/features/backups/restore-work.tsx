import type { RestoreWork } from "../../../preload/contract/restore.ts";
import { phaseText } from "../../../preload/rules/restore-phases.ts";
import { useClient } from "../../data/panel-context.tsx";
import { useAction } from "../../data/use-action.ts";
import { Button } from "../../ui/button.tsx";
import { focusHeading } from "../../ui/focus-heading.ts";
import { Mark } from "../../ui/mark.tsx";
import "./backups.css";

/** How far a restore is, and the way to give it up as long as there is one. */
export function RestoreWorkNotice({ work }: { readonly work: RestoreWork }) {
  const client = useClient();
  const cancel = useAction(() => client.restore.cancel());
  // Some phases do not know how far they are.
  const isTold = work.done > 0;
  const giveUp = async () => {
    if ((await cancel.run(undefined)) !== null) focusHeading();
  };
  return (
    <div className="backups-work">
      <div className="backups-work-words">
        <Mark state="running">
          {phaseText(work)}
          {isTold ? `: ${Math.floor(work.done * 100)} %` : null}
        </Mark>
        <progress
          className="backups-work-bar"
          aria-label="How far it is"
          max={1}
          {...(isTold ? { value: work.done } : {})}
        />
      </div>
      {work.cancellable ? (
        <Button isPending={cancel.pending} onPress={() => void giveUp()}>
          Cancel
        </Button>
      ) : null}
    </div>
  );
}
