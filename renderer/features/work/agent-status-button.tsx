import { CirclePause, CirclePlay } from "lucide-react";
import type { AgentRecord } from "../../../preload/contract/work.ts";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { useClient } from "../../data/panel-context.tsx";
import { useReadOnly } from "../../data/status.ts";
import { useAction } from "../../data/use-action.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog, DialogActions } from "../../ui/dialog.tsx";
import { say } from "../../ui/toast.tsx";

/** Pauses or resumes an agent, at once. */
export function AgentStatusButton({ agent }: { readonly agent: AgentRecord }) {
  const client = useClient();
  const readOnly = useReadOnly();
  const isActive = agent.status === "active";
  const change = useAction((status: AgentRecord["status"]) =>
    client.agents.update({ company: agent.companyId, agent: agent.id, status }),
  );
  const press = async () => {
    const changed = await change.run(isActive ? "paused" : "active");
    if (changed === null) return;
    say(
      changed.status === "paused"
        ? `Agent ${changed.name} is paused. Runs of its routines are refused until it is resumed.`
        : `Agent ${changed.name} is active.`,
    );
  };
  return (
    <>
      <Button
        icon={isActive ? CirclePause : CirclePlay}
        isPending={change.pending}
        isDisabled={readOnly !== null}
        onPress={() => void press()}
      >
        {isActive ? "Pause agent" : "Resume agent"}
      </Button>
      <Dialog
        title={isActive ? "The agent was not paused" : "The agent was not resumed"}
        isOpen={change.failure !== null}
        onClose={change.reset}
      >
        {change.failure ? <FailureNotice failure={change.failure} /> : null}
        <DialogActions>
          <Button onPress={change.reset}>Close</Button>
        </DialogActions>
      </Dialog>
    </>
  );
}
