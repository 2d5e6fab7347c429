import {
  Ban,
  Circle,
  CircleCheck,
  CircleDashed,
  CirclePause,
  CircleX,
  Clock,
  Combine,
  LoaderCircle,
  Lock,
  SkipForward,
  Square,
  Trash2,
  TriangleAlert,
  Unplug,
  Archive,
} from "lucide-react";
import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import "./mark.css";

export type Tone = "good" | "busy" | "doubtful" | "bad" | "quiet";

interface Look {
  readonly shape: LucideIcon;
  readonly tone: Tone;
  readonly word: string;
}

const look = (shape: LucideIcon, tone: Tone, word: string): Look => ({ shape, tone, word });

/** Every state of the product that has a look: a shape, a tone, a word. */
const LOOKS = {
  // runs
  received: look(CircleDashed, "busy", "received"),
  queued: look(CircleDashed, "busy", "queued"),
  running: look(LoaderCircle, "busy", "running"),
  succeeded: look(CircleCheck, "good", "succeeded"),
  failed: look(CircleX, "bad", "failed"),
  cancelled: look(Square, "quiet", "cancelled"),
  timed_out: look(Clock, "bad", "timed out"),
  interrupted: look(Unplug, "doubtful", "interrupted"),
  coalesced: look(Combine, "quiet", "coalesced"),
  skipped: look(SkipForward, "quiet", "skipped"),
  held: look(CirclePause, "doubtful", "held"),
  // routines, agents, secrets and their versions
  active: look(CircleCheck, "good", "active"),
  paused: look(CirclePause, "quiet", "paused"),
  archived: look(Archive, "quiet", "archived"),
  draft: look(CircleDashed, "quiet", "draft"),
  disabled: look(Ban, "bad", "disabled"),
  deleted: look(Trash2, "bad", "deleted"),
  missing: look(TriangleAlert, "bad", "missing"),
  current: look(CircleCheck, "good", "current"),
  previous: look(Circle, "quiet", "previous"),
  destroyed: look(Trash2, "quiet", "destroyed"),
  // database, vault, scheduler
  ready: look(CircleCheck, "good", "ready"),
  starting: look(LoaderCircle, "busy", "starting"),
  recovering: look(LoaderCircle, "busy", "recovering"),
  restarting: look(LoaderCircle, "busy", "restarting"),
  stopped: look(CircleX, "bad", "stopped"),
  locked: look(Lock, "bad", "locked"),
  uninitialized: look(CircleDashed, "quiet", "no key yet"),
  standby: look(CirclePause, "quiet", "standby"),
  late: look(TriangleAlert, "bad", "late"),
  off: look(CircleDashed, "quiet", "off"),
  unknown: look(CircleDashed, "quiet", "unknown"),
  // checks and events
  ok: look(CircleCheck, "good", "ok"),
  warn: look(TriangleAlert, "doubtful", "warning"),
  error: look(CircleX, "bad", "error"),
  success: look(CircleCheck, "good", "success"),
  failure: look(CircleX, "bad", "refused"),
  // deliveries of webhooks
  started: look(CircleCheck, "good", "started"),
  repeated: look(Circle, "quiet", "repeated"),
  refused: look(CircleX, "bad", "refused"),
} as const satisfies Record<string, Look>;

export type State = keyof typeof LOOKS;

export const STATES = Object.keys(LOOKS) as readonly State[];

/** The word for a state, such as `timed out`. */
export function wordOf(state: State): string {
  return LOOKS[state].word;
}

/** Whether a text names a state that has a look. */
export function isState(text: string): text is State {
  return Object.hasOwn(LOOKS, text);
}

/** A state as a shape and a word; the colour only repeats them. `children` replace the word. */
export function Mark({ state, children }: { readonly state: State; readonly children?: ReactNode }) {
  const { shape: Shape, tone, word } = LOOKS[state];
  const turning = Shape === LoaderCircle ? "mark-turning" : "";
  return (
    <span className={`mark mark-${tone} ${turning}`}>
      <Shape aria-hidden="true" className="mark-shape" />
      <span>{children ?? word}</span>
    </span>
  );
}

/** The shape alone, for where the word stands beside it already, or is given as `label` for those who hear the page. */
export function MarkShape({ state, label }: { readonly state: State; readonly label?: string }) {
  const { shape: Shape, tone } = LOOKS[state];
  const turning = Shape === LoaderCircle ? "mark-turning" : "";
  return (
    <span className={`mark mark-${tone} ${turning}`}>
      <Shape aria-hidden="true" className="mark-shape" />
      {label === undefined ? null : <span className="unseen">{label}</span>}
    </span>
  );
}
