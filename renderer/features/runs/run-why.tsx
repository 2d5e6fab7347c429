import { Link } from "@tanstack/react-router";
import type { RunDetail, RunFailure } from "../../../preload/contract/runs.ts";
import { Button, buttonClass } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import type { NoticeTone } from "../../ui/notice.tsx";
import { SecretTag, Tag } from "../../ui/tag.tsx";
import { Time } from "../../ui/time.tsx";
import type { RunControls } from "./run-actions.tsx";
import { adviceFor } from "./way-out.ts";
import type { WayOut } from "./way-out.ts";
import "./run-why.css";

export interface RunWhyProps {
  readonly run: RunDetail;
  readonly controls: RunControls;
}

/** Why a run is not, or not yet, what was wanted: the reason, the key and secret it is about, and the way to mend it. */
export function RunWhy({ run, controls }: RunWhyProps) {
  const { failure, status } = run;
  if (status === "queued" || status === "received") return <Waiting run={run} controls={controls} />;
  if (status === "coalesced") {
    return (
      <Notice
        title={failure?.message ?? "This run was taken up by one that was there already."}
        actions={
          run.coalescedIntoRunId === null ? null : (
            <Link to="/runs/$runId" params={{ runId: run.coalescedIntoRunId }} className={buttonClass()}>
              Open that run
            </Link>
          )
        }
      />
    );
  }
  if (failure === null) {
    return status === "held" ? (
      <Notice
        tone="doubtful"
        title="The run is held: it waits for a decision and was not started."
        actions={
          <Link to="/inbox" className={buttonClass()}>
            Open wake-up inbox
          </Link>
        }
      >
        {run.heldReason}
      </Notice>
    ) : null;
  }
  if (status === "succeeded" || status === "running") return null;
  const advice = adviceFor(run, failure);
  return (
    <Notice
      tone={TONES[status] ?? "bad"}
      title={failure.message}
      next={advice.next}
      actions={advice.ways.map((way) => (
        <Way key={JSON.stringify(way)} way={way} run={run} controls={controls} />
      ))}
    >
      <About run={run} failure={failure} />
    </Notice>
  );
}

const TONES: Readonly<Partial<Record<RunDetail["status"], NoticeTone>>> = {
  cancelled: "quiet",
  skipped: "quiet",
  interrupted: "doubtful",
  held: "doubtful",
};

/** Which key, secret and layer it is about, and which attempt it was. */
function About({ run, failure: { key, secretKey, layer } }: { readonly run: RunDetail; readonly failure: RunFailure }) {
  const several = run.attempts > 0 && run.maxAttempts > 1;
  if (key === null && secretKey === null && layer === null && !several && run.noRetry === null) return null;
  return (
    <span className="run-why-about">
      {key === null ? null : <code>{key}</code>}
      {secretKey === null ? null : <SecretTag secretKey={secretKey} />}
      {layer === null ? null : <Tag>{layer}</Tag>}
      {several ? <span className="quiet">{`attempt ${run.attempts} of ${run.maxAttempts}`}</span> : null}
      {run.noRetry === null ? null : <span className="quiet">{NO_RETRY[run.noRetry]}</span>}
    </span>
  );
}

const NO_RETRY = {
  routine_paused: "no further attempt: the routine was paused",
  routine_archived: "no further attempt: the routine was archived",
} as const;

/** A run that has not begun, or waits for its next attempt. */
function Waiting({ run, controls }: RunWhyProps) {
  const last = run.attemptList.at(-1);
  if (run.attempts === 0) {
    return (
      <Notice
        title="The run waits for its turn."
        next="It starts as soon as one of the runs that are going on has ended, and the app that executes runs is there."
      />
    );
  }
  return (
    <Notice
      tone="doubtful"
      title={last?.failure?.message ?? "The last attempt did not succeed."}
      actions={
        <Button
          isPending={controls.retry.pending}
          isDisabled={controls.readOnly}
          onPress={() => void controls.retry.run()}
        >
          Retry now
        </Button>
      }
    >
      {`Attempt ${run.attempts} of ${run.maxAttempts} is over. Next attempt: `}
      {run.notBefore === null ? "as soon as there is room" : <Time instant={run.notBefore} />}
    </Notice>
  );
}

interface WayProps extends RunWhyProps {
  readonly way: WayOut;
}

function Way({ way, run, controls }: WayProps) {
  switch (way.to) {
    case "secret":
      return (
        <Link to="/secrets/$secretId" params={{ secretId: way.secret }} className={buttonClass()}>
          Open secret
        </Link>
      );
    case "vault":
      return (
        <Link to="/settings" search={{ section: "secrets" }} className={buttonClass()}>
          Open vault settings
        </Link>
      );
    case "agent":
      return <LayerLink layer="agent" run={run} />;
    case "layer":
      return <LayerLink layer={way.layer} run={run} />;
    case "routine":
      return (
        <Link to="/routines/$routineId" params={{ routineId: run.routineId }} className={buttonClass()}>
          Open routine
        </Link>
      );
    case "retry":
      return (
        <Button
          isPending={controls.retry.pending}
          isDisabled={controls.readOnly}
          onPress={() => void controls.retry.run()}
        >
          Retry run
        </Button>
      );
  }
}

function LayerLink({ layer, run }: { readonly layer: "agent" | "project" | "routine"; readonly run: RunDetail }) {
  if (layer === "agent" && run.agentId !== null) {
    return (
      <Link to="/agents/$agentId" params={{ agentId: run.agentId }} className={buttonClass()}>
        Open agent
      </Link>
    );
  }
  if (layer === "project" && run.projectId !== null) {
    return (
      <Link to="/projects/$projectId" params={{ projectId: run.projectId }} className={buttonClass()}>
        Open project
      </Link>
    );
  }
  return (
    <Link
      to="/routines/$routineId"
      params={{ routineId: run.routineId }}
      search={{ tab: "secrets" }}
      className={buttonClass()}
    >
      Open routine
    </Link>
  );
}
