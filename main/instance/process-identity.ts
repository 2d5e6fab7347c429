import { execFile } from "node:child_process";
import { readFile, readlink } from "node:fs/promises";
import os from "node:os";
import { promisify } from "node:util";
import { systemCode } from "../contract/refusal.ts";

const run = promisify(execFile);

/** What tells one process from every other that ever had its pid. Null where the platform does not say. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque; two equal texts on one boot mean the same process. On Linux clock ticks since the boot. */
  readonly startTime: string | null;
  /** Changes with every boot. */
  readonly bootId: string | null;
  /** Which pids mean the same: `pid:[4026531836]`. Null off Linux, where there is one for all. */
  readonly pidNamespace: string | null;
  readonly hostname: string;
}

/** The identity of this process. */
export async function ownIdentity(): Promise<ProcessIdentity> {
  const [standing, bootId, pidNamespace] = await Promise.all([standingOf(process.pid), readBootId(), readNamespace()]);
  const startTime = standing.alive ? standing.startTime : null;
  return { pid: process.pid, startTime, bootId, pidNamespace, hostname: os.hostname() };
}

export type Standing = { readonly alive: false } | { readonly alive: true; readonly startTime: string | null };

/** Whether a pid of this pid namespace lives. A zombie has ended, even where nobody reaps it. */
export async function standingOf(pid: number): Promise<Standing> {
  if (!Number.isSafeInteger(pid) || pid <= 0 || !signalReaches(pid)) return { alive: false };
  return process.platform === "linux" ? standingOnLinux(pid) : standingByPs(pid);
}

function signalReaches(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === "EPERM";
  }
}

async function standingOnLinux(pid: number): Promise<Standing> {
  let text: string;
  try {
    text = await readFile(`/proc/${pid}/stat`, "latin1");
  } catch {
    // It ended since, or /proc hides the processes of other users: then it lives, and nothing more is known.
    return signalReaches(pid) ? { alive: true, startTime: null } : { alive: false };
  }
  // The name stands in parentheses and may hold anything; field 3 (state) follows it, field 22 is the start time.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const state = fields[0] ?? "";
  if (state === "Z" || state === "X") return { alive: false };
  return { alive: true, startTime: fields[19] ?? null };
}

async function standingByPs(pid: number): Promise<Standing> {
  if (process.platform === "win32") return { alive: true, startTime: null };
  try {
    const { stdout } = await run("ps", ["-o", "stat=,lstart=", "-p", String(pid)], { env: { LC_ALL: "C" } });
    const [state = "", ...start] = stdout.trim().split(/\s+/);
    return state.startsWith("Z") ? { alive: false } : { alive: true, startTime: start.join(" ") || null };
  } catch {
    return signalReaches(pid) ? { alive: true, startTime: null } : { alive: false };
  }
}

async function readBootId(): Promise<string | null> {
  try {
    if (process.platform === "linux") return (await readFile("/proc/sys/kernel/random/boot_id", "latin1")).trim();
    if (process.platform === "darwin") return (await run("sysctl", ["-n", "kern.bootsessionuuid"])).stdout.trim();
    return null;
  } catch {
    return null;
  }
}

async function readNamespace(): Promise<string | null> {
  try {
    return process.platform === "linux" ? await readlink("/proc/self/ns/pid") : null;
  } catch {
    return null;
  }
}

/** What is known of a process from its identity alone. */
export type Life = "alive" | "dead" | { readonly unjudgeable: string };

/**
 * Whether the process of an identity still lives, as seen from `here`. Another boot of the same host means that it
 * ended. Pids of another namespace or another host mean nothing here: that is unjudgeable, never dead.
 */
export async function judgeLife(other: ProcessIdentity, here: ProcessIdentity): Promise<Life> {
  const bootsKnown = other.bootId !== null && here.bootId !== null;
  if (bootsKnown && other.bootId !== here.bootId) {
    return other.hostname === here.hostname ? "dead" : elsewhere(other);
  }
  if (!bootsKnown && other.hostname !== here.hostname) return elsewhere(other);
  if (other.pidNamespace !== here.pidNamespace) {
    return { unjudgeable: `it runs in another container (${other.hostname}, pid ${other.pid} there)` };
  }
  const standing = await standingOf(other.pid);
  if (!standing.alive) return "dead";
  const recycled = other.startTime !== null && standing.startTime !== null && other.startTime !== standing.startTime;
  return recycled ? "dead" : "alive";
}

function elsewhere(other: ProcessIdentity): Life {
  return { unjudgeable: `it runs on another machine (${other.hostname}, pid ${other.pid} there)` };
}
