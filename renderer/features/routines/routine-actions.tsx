import { useNavigate } from "@tanstack/react-router";
import { Archive, CopyPlus, FileOutput, Play, RotateCcw, ScanSearch } from "lucide-react";
import { useState } from "react";
import type { RoutineRecord } from "../../../preload/contract/routines.ts";
import { useCompany } from "../../data/company.tsx";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { useClient } from "../../data/panel-context.tsx";
import { useReadOnly } from "../../data/status.ts";
import { useAction } from "../../data/use-action.ts";
import { Button } from "../../ui/button.tsx";
import { ConfirmDialog, Dialog, DialogActions } from "../../ui/dialog.tsx";
import { Switch } from "../../ui/field.tsx";
import { Kbd } from "../../ui/kbd.tsx";
import { ActionMenu } from "../../ui/menu.tsx";
import { say } from "../../ui/toast.tsx";
import { ExportDialog } from "./definitions/export-dialog.tsx";

type StatusChange = "pause" | "resume" | "archive";

const DONE = {
  pause: "The routine is paused.",
  resume: "The routine is active.",
  archive: "The routine is archived. It can be resumed from its page.",
} as const;
const NOT_DONE = {
  pause: "The routine was not paused",
  resume: "The routine was not resumed",
  archive: "The routine was not archived",
} as const;

/** What became of runs that waited for a further attempt. */
function endedText(count: number): string {
  if (count === 0) return "";
  return ` ${count} ${count === 1 ? "run that waited for its next attempt is" : "runs that waited for their next attempt are"} over.`;
}

/** What can be done with a routine as a whole. */
export function RoutineActions({
  routine,
  canRun,
  running,
  onPreview,
  onRun,
}: {
  readonly routine: RoutineRecord;
  readonly canRun: boolean;
  readonly running: boolean;
  onPreview(): void;
  onRun(): void;
}) {
  const company = useCompany();
  const client = useClient();
  const navigate = useNavigate();
  const readOnly = useReadOnly();
  const [archiving, setArchiving] = useState(false);
  const [exporting, setExporting] = useState(false);
  const [asked, setAsked] = useState<StatusChange>("pause");
  const change = useAction((to: StatusChange) => client.routines[to]({ company: company.id, routine: routine.id }));
  const become = async (to: StatusChange) => {
    setAsked(to);
    const changed = await change.run(to);
    if (changed !== null) say(`${DONE[to]}${endedText(changed.endedRetries)}`);
    setArchiving(false);
  };
  const archived = routine.status === "archived";
  const draft = routine.agentId === null;
  return (
    <>
      {archived ? (
        <Button
          icon={RotateCcw}
          isPending={change.pending}
          isDisabled={readOnly !== null}
          onPress={() => void become("resume")}
        >
          Resume routine
        </Button>
      ) : (
        <Switch
          isSelected={routine.status === "active" && !draft}
          isDisabled={readOnly !== null || draft || change.pending}
          onChange={(on) => void become(on ? "resume" : "pause")}
        >
          Automation
        </Switch>
      )}
      <Button icon={ScanSearch} onPress={onPreview}>
        Preview run
      </Button>
      <Button variant="primary" icon={Play} isPending={running} isDisabled={!canRun} onPress={onRun}>
        Run now <Kbd keys="mod+Enter" />
      </Button>
      <ActionMenu
        label="More actions"
        actions={[
          {
            id: "duplicate",
            label: "Duplicate routine",
            icon: CopyPlus,
            act: () => void navigate({ to: "/routines/new", search: { from: routine.id } }),
          },
          { id: "export", label: "Export routine…", icon: FileOutput, act: () => setExporting(true) },
          archived
            ? {
                id: "resume",
                label: "Resume routine",
                icon: RotateCcw,
                unavailable: readOnly,
                act: () => void become("resume"),
              }
            : {
                id: "archive",
                label: "Archive routine",
                icon: Archive,
                danger: true,
                unavailable: readOnly,
                act: () => setArchiving(true),
              },
        ]}
      />
      {exporting ? <ExportDialog routine={routine} onClose={() => setExporting(false)} /> : null}
      <ConfirmDialog
        title={`Archive "${routine.title}"?`}
        confirm="Archive routine"
        isOpen={archiving}
        isPending={change.pending}
        danger
        onConfirm={() => void become("archive")}
        onClose={() => setArchiving(false)}
      >
        <p>
          It no longer runs and cannot be edited; a run that waits for its next attempt is not tried again. Its history,
          runs and secrets stay, and it can be resumed.
        </p>
      </ConfirmDialog>
      <Dialog title={`${NOT_DONE[asked]}`} isOpen={change.failure !== null} onClose={change.reset}>
        {change.failure ? <FailureNotice failure={change.failure} /> : null}
        <DialogActions>
          <Button onPress={change.reset}>Close</Button>
        </DialogActions>
      </Dialog>
    </>
  );
}
