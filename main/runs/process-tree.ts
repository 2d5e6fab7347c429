import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { systemCode } from "../contract/refusal.ts";

/** The name in a process's environment that says which run it belongs to. Children inherit it, also in new sessions. */
export const RUN_MARKER = "PAPERCLIP_RUN_ID";

/** One live process. A zombie has ended, even where nobody reaps it, and is not one. */
export interface LiveProcess {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** The run in its environment, where that can be read. */
  readonly runId: string | null;
}

/** What belongs to a run: what carries its marker, and what is in the group and session of its first process. */
export interface RunTree {
  readonly runId: string;
  /** The pid of the first process, which leads a group and session of its own. Null where it is not known. */
  readonly leader: number | null;
}

export interface EndOptions {
  /** Between TERM and KILL. */
  readonly graceMs: number;
}

/** How long processes that were killed are waited for: the kernel may take its time with one that waits for a disk. */
const KILL_WAIT_MS = 5_000;

/**
 * Ends every process of a run: TERM, the grace, KILL; what appears in between is killed too. Answers how many are alive
 * at the end. Off Linux only the group of the first process is known.
 */
export async function endTree(tree: RunTree, options: EndOptions): Promise<number> {
  signalTree(tree, "SIGTERM");
  const graceUntil = performance.now() + options.graceMs;
  if (await goneBy(tree, graceUntil)) return 0;
  const killUntil = performance.now() + KILL_WAIT_MS;
  for (;;) {
    signalTree(tree, "SIGKILL");
    if (await goneBy(tree, Math.min(killUntil, performance.now() + 200))) return 0;
    if (performance.now() >= killUntil) return findTree(tree).length;
  }
}

async function goneBy(tree: RunTree, deadline: number): Promise<boolean> {
  for (let pause = 5; ; pause = Math.min(100, pause * 2)) {
    if (findTree(tree).length === 0) return true;
    const left = deadline - performance.now();
    if (left <= 0) return false;
    await new Promise((resolve) => setTimeout(resolve, Math.min(pause, left)));
  }
}

function signalTree(tree: RunTree, signal: "SIGTERM" | "SIGKILL"): void {
  if (process.platform === "win32") {
    if (tree.leader !== null) endOnWindows(tree.leader, signal);
    return;
  }
  const found = findTree(tree);
  // The group at once first: its members cannot fork out of one signal.
  if (tree.leader !== null) trySignal(-tree.leader, signal);
  for (const pid of found) if (pid !== tree.leader) trySignal(pid, signal);
}

function endOnWindows(leader: number, signal: "SIGTERM" | "SIGKILL"): void {
  execFile("taskkill", ["/pid", String(leader), "/T", ...(signal === "SIGKILL" ? ["/F"] : [])], () => undefined);
}

function trySignal(target: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(target, signal);
    return true;
  } catch (error) {
    // EPERM: it is there and belongs to somebody else, as after sudo.
    return systemCode(error) === "EPERM";
  }
}

/** The pids of a run that are alive. */
export function findTree(tree: RunTree): number[] {
  if (process.platform !== "linux") {
    if (tree.leader === null) return [];
    return trySignal(process.platform === "win32" ? tree.leader : -tree.leader, 0) ? [tree.leader] : [];
  }
  return membersOf(tree, liveProcesses());
}

/** The processes of a run among all: its own, and their descendants even where they cleared their environment. */
export function membersOf(tree: RunTree, all: readonly LiveProcess[]): number[] {
  const members = new Set<number>();
  for (const { pid, group, session, runId } of all) {
    if (runId === tree.runId || (tree.leader !== null && (group === tree.leader || session === tree.leader))) {
      members.add(pid);
    }
  }
  for (let before = -1; before !== members.size;) {
    before = members.size;
    for (const { pid, parent } of all) if (members.has(parent)) members.add(pid);
  }
  members.delete(process.pid);
  return [...members];
}

/** The live ones among some processes, from /proc, without this one. */
export function liveProcesses(pids: readonly number[] = allPids()): LiveProcess[] {
  return pids.flatMap((pid) => {
    const standing = pid === process.pid ? null : readStanding(pid);
    return standing === null ? [] : [{ pid, ...standing, runId: readMarker(pid) }];
  });
}

/** All pids, from /proc. Empty off Linux. */
export function allPids(): number[] {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
}

function readStanding(pid: number): { parent: number; group: number; session: number } | null {
  const text = readQuietly(`/proc/${pid}/stat`);
  if (text === null) return null;
  // The name stands in parentheses and may hold anything; state, parent, group and session follow it.
  const [state, parent, group, session] = text.slice(text.lastIndexOf(")") + 2).split(" ", 4);
  if (state === undefined || state === "Z" || state === "X") return null;
  return { parent: Number(parent), group: Number(group), session: Number(session) };
}

function readMarker(pid: number): string | null {
  const environ = readQuietly(`/proc/${pid}/environ`);
  return environ === null ? null : (/(?:^|\0)PAPERCLIP_RUN_ID=([^\0]*)/.exec(environ)?.[1] ?? null);
}

/** Null where the process has ended since, or is none of ours. */
function readQuietly(file: string): string | null {
  try {
    return readFileSync(file, "latin1");
  } catch {
    return null;
  }
}
