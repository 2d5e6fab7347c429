import { Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import type { RoutineRecord } from "../../../preload/contract/routines.ts";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { useReadOnly } from "../../data/status.ts";
import { Button, buttonClass } from "../../ui/button.tsx";
import { Dialog, DialogActions } from "../../ui/dialog.tsx";
import { Form } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { PreviewDialog } from "./preview-dialog.tsx";
import { AgentPicker, ProjectPicker } from "./routine-fields.tsx";
import { useStartRun } from "./use-start-run.ts";
import type { StartRun } from "./use-start-run.ts";
import { VariableInputs } from "./variable-inputs.tsx";
import { startingText, valuesOf } from "./variables.ts";
import "./run-dialog.css";

export interface RunDialogProps {
  readonly routine: RoutineRecord;
  /** Given where something of the routine is not saved, so that its page must not be left: shows where the run is. */
  readonly stay?: (() => void) | null;
  /** A start that was tried before the dialog was opened; its refusal is shown. */
  readonly starting?: StartRun;
  onClose(): void;
}

/** Asks what a run needs to be told, and starts it. */
export function RunDialog({ routine, stay = null, starting, onClose }: RunDialogProps) {
  const own = useStartRun();
  const { action, start } = starting ?? own;
  const readOnly = useReadOnly();
  const [texts, setTexts] = useState<Readonly<Record<string, string>>>(() =>
    Object.fromEntries(routine.variables.map((variable) => [variable.name, startingText(variable)])),
  );
  const [agent, setAgent] = useState<string | null>(null);
  const [project, setProject] = useState<string | null>(null);
  const [previewed, setPreviewed] = useState(false);
  const [pressed, setPressed] = useState(false);
  const [othersOpen, setOthersOpen] = useState(routine.agentId === null);
  const missing = useMemo(
    () =>
      Object.fromEntries(
        routine.variables
          .filter(({ name, required }) => required && (texts[name] ?? "").trim() === "")
          .map(({ name }) => [`variables.${name}`, "This run needs a value here."]),
      ),
    [routine.variables, texts],
  );
  const needsAgent = routine.agentId === null && agent === null;
  const errors = useMemo(
    () => ({
      ...action.fieldErrors,
      ...(pressed ? missing : {}),
      ...(pressed && needsAgent ? { agent: "Choose who does it." } : {}),
    }),
    [action.fieldErrors, pressed, missing, needsAgent],
  );
  const variables = valuesOf(routine.variables, texts);
  if (previewed) {
    return (
      <PreviewDialog
        routine={routine}
        variables={variables}
        agent={agent}
        project={project}
        onClose={() => setPreviewed(false)}
        onLeave={onClose}
        onEnterValues={() => setPreviewed(false)}
      />
    );
  }
  const { failure } = action;
  const atField = failure !== null && Object.keys(failure.fields ?? {}).some((name) => name.startsWith("variables."));
  return (
    <Dialog title={`Run ${routine.title}`} isOpen onClose={onClose}>
      <Form
        validationErrors={errors}
        onSubmit={(event) => {
          event.preventDefault();
          setPressed(true);
          if (Object.keys(missing).length > 0 || needsAgent) {
            if (needsAgent) setOthersOpen(true);
            return;
          }
          void start({ routine, variables, agent, project }, stay).then((started) => {
            if (started) onClose();
          });
        }}
      >
        {stay !== null ? (
          <Notice
            tone="doubtful"
            title={`This starts revision ${routine.latestRevisionNumber}, as it is saved`}
            next="What is not saved yet is not part of it."
          />
        ) : null}
        <VariableInputs variables={routine.variables} texts={texts} onChange={setTexts} />
        <details
          className="run-dialog-others"
          open={othersOpen}
          onToggle={(event) => setOthersOpen(event.currentTarget.open)}
        >
          <summary>Other agent or project for this run</summary>
          <div className="field-row">
            <AgentPicker
              agentId={agent}
              none={routine.agentName === null ? "None chosen" : `The routine's: ${routine.agentName}`}
              onChoose={setAgent}
            />
            <ProjectPicker
              projectId={project}
              none={routine.projectName === null ? "The routine's: none" : `The routine's: ${routine.projectName}`}
              onChoose={setProject}
            />
          </div>
        </details>
        {failure !== null && !atField ? <Refused failure={failure} routine={routine} onClose={onClose} /> : null}
        <DialogActions>
          <Button onPress={onClose}>Cancel</Button>
          <Button onPress={() => setPreviewed(true)} isDisabled={needsAgent}>
            Preview run
          </Button>
          <Button variant="primary" type="submit" isPending={action.pending} isDisabled={readOnly !== null}>
            Start run
          </Button>
        </DialogActions>
      </Form>
    </Dialog>
  );
}

/** A refusal with the way to put it right. */
function Refused({
  failure,
  routine,
  onClose,
}: {
  readonly failure: NonNullable<StartRun["action"]["failure"]>;
  readonly routine: RoutineRecord;
  onClose(): void;
}) {
  const secret = failure.details?.["secret"] ?? failure.details?.["secretKey"];
  const agent = failure.details?.["agent"];
  const agentId = routine.agentId;
  const fix =
    typeof secret === "string" ? (
      <Link to="/secrets/$secretId" params={{ secretId: secret }} className={buttonClass()} onClick={onClose}>
        Open secret
      </Link>
    ) : failure.code === "agent_inactive" && agent === routine.agentName && agentId !== null ? (
      <Link to="/agents/$agentId" params={{ agentId }} className={buttonClass()} onClick={onClose}>
        Open agent
      </Link>
    ) : failure.code === "routine_without_agent" ? (
      <Link to="/routines/$routineId" params={{ routineId: routine.id }} className={buttonClass()} onClick={onClose}>
        Choose agent
      </Link>
    ) : null;
  if (fix === null) return <FailureNotice failure={failure} />;
  return <Notice tone="bad" title={failure.message} next={failure.next} actions={fix} />;
}
