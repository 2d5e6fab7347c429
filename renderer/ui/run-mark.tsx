import type { RunStatus } from "../../preload/contract/runs.ts";

/** The state of a run as a shape and a word; the colour only repeats them. */
export function RunMark({ status }: { readonly status: RunStatus }) {
  const [mark, tone] = MARKS[status];
  return (
    <span className="run-mark">
      <span className={`mark ${tone}`} aria-hidden="true">
        {mark}
      </span>
      {status.replace("_", " ")}
    </span>
  );
}

const MARKS: Readonly<Record<RunStatus, readonly [string, string]>> = {
  received: ["○", "busy"],
  queued: ["○", "busy"],
  running: ["●", "busy"],
  succeeded: ["✓", "good"],
  failed: ["✕", "bad"],
  cancelled: ["■", "quiet"],
  timed_out: ["◷", "bad"],
  interrupted: ["‖", "doubtful"],
  coalesced: ["≡", "quiet"],
  skipped: ["»", "quiet"],
  held: ["◇", "doubtful"],
};
