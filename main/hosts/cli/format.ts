import type { RunStatus } from "../../../preload/contract/runs.ts";
import type { Colours } from "./output.ts";

/** An instant as people say it, such as `3 h ago` or `in 5 min`. */
export function relativeTime(instant: string | null, now: Date): string | null {
  if (instant === null) return null;
  const seconds = Math.round((new Date(instant).getTime() - now.getTime()) / 1_000);
  const distance = Math.abs(seconds);
  if (distance < 10) return "now";
  const text = unit(distance);
  return seconds < 0 ? `${text} ago` : `in ${text}`;
}

function unit(seconds: number): string {
  if (seconds < 90) return `${seconds} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  if (seconds < 36 * 3_600) return `${Math.round(seconds / 3_600)} h`;
  if (seconds < 45 * 86_400) return `${Math.round(seconds / 86_400)} d`;
  if (seconds < 548 * 86_400) return `${Math.round(seconds / 2_629_746)} months`;
  return `${Math.round(seconds / 31_556_952)} y`;
}

/** The relative time with the exact one beside it. */
export function bothTimes(instant: string | null, now: Date): string | null {
  return instant === null ? null : `${relativeTime(instant, now)} (${instant})`;
}

/** How long something took, or null while it lasts or never began. */
export function duration(from: string | null, until: string | null): string | null {
  if (from === null || until === null) return null;
  const milliseconds = Math.max(0, new Date(until).getTime() - new Date(from).getTime());
  if (milliseconds < 1_000) return `${milliseconds} ms`;
  if (milliseconds < 60_000) return `${(milliseconds / 1_000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1_000);
  const [hours, minutes, rest] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  return hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min ${rest} s`;
}

export function byteCount(bytes: number): string {
  if (bytes < 1_024) return `${bytes} B`;
  const units = ["KiB", "MiB", "GiB", "TiB"];
  let value = bytes;
  let at = -1;
  while (value >= 1_024 && at < units.length - 1) {
    value /= 1_024;
    at += 1;
  }
  return `${value.toFixed(value < 10 ? 1 : 0)} ${units[at]}`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

type Paint = (text: string, colours: Colours) => string;
const good: Paint = (text, colours) => colours.green(text);
const bad: Paint = (text, colours) => colours.red(text);
const busy: Paint = (text, colours) => colours.cyan(text);
const doubtful: Paint = (text, colours) => colours.yellow(text);
const quiet: Paint = (text, colours) => colours.dim(text);

/** Each state has a shape and a word; the colour only repeats them. */
const RUN_MARKS: Readonly<Record<RunStatus, readonly [string, Paint]>> = {
  received: ["○", busy],
  queued: ["○", busy],
  running: ["●", busy],
  succeeded: ["✓", good],
  failed: ["✕", bad],
  cancelled: ["■", quiet],
  timed_out: ["◷", bad],
  interrupted: ["‖", doubtful],
  coalesced: ["≡", quiet],
  skipped: ["»", quiet],
  held: ["◇", doubtful],
};

export function runStatusText(status: RunStatus): string {
  return `${RUN_MARKS[status][0]} ${status.replace("_", " ")}`;
}

export function paintRunStatus(text: string, status: RunStatus, colours: Colours): string {
  return RUN_MARKS[status][1](text, colours);
}

const WORD_MARKS: Readonly<Record<string, readonly [string, Paint]>> = {
  active: ["●", good],
  ready: ["●", good],
  current: ["●", good],
  ok: ["✓", good],
  success: ["✓", good],
  imported: ["✓", good],
  listening: ["●", good],
  skipped: ["○", quiet],
  paused: ["‖", doubtful],
  warning: ["!", doubtful],
  needs_vault: ["○", quiet],
  metadata_only: ["○", quiet],
  coming_soon: ["○", quiet],
  warn: ["!", doubtful],
  disabled: ["■", doubtful],
  previous: ["○", quiet],
  off: ["○", quiet],
  stopped: ["○", quiet],
  archived: ["▪", quiet],
  uninitialized: ["○", doubtful],
  starting: ["◌", busy],
  restarting: ["◌", busy],
  recovering: ["◌", busy],
  locked: ["⚿", bad],
  failed: ["✕", bad],
  failure: ["✕", bad],
  error: ["✕", bad],
  deleted: ["✕", quiet],
  destroyed: ["✕", quiet],
};

/** Any other state with its shape, such as `● active` or `⚿ locked`. */
export function stateText(state: string): string {
  return `${WORD_MARKS[state]?.[0] ?? "·"} ${state}`;
}

export function paintState(text: string, state: string, colours: Colours): string {
  return WORD_MARKS[state]?.[1](text, colours) ?? text;
}
