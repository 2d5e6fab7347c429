import { Link } from "@tanstack/react-router";
import type { TriggerRecord } from "../../../../preload/contract/triggers.ts";
import { isState, Mark } from "../../../ui/mark.tsx";
import { Time } from "../../../ui/time.tsx";

/** What became of the last slots of a trigger: a state, and the run or the reason. */
export function LastResult({ trigger: { lastResult, lastFiredAt } }: { readonly trigger: TriggerRecord }) {
  if (lastResult === null) return <span className="quiet">never ran</span>;
  const [, state = "", words = lastResult] = /^([a-z_]+): (.*)$/s.exec(lastResult) ?? [];
  const runId = /^run ([0-9a-f-]{36})$/.exec(words)?.[1];
  return (
    <>
      {isState(state) ? <Mark state={state} /> : null}{" "}
      {runId === undefined ? (
        <span className="quiet">{words}</span>
      ) : (
        <Link to="/runs/$runId" params={{ runId }}>
          Open run
        </Link>
      )}{" "}
      {lastFiredAt === null ? null : (
        <span className="quiet">
          <Time instant={lastFiredAt} />
        </span>
      )}
    </>
  );
}
