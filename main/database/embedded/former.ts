import { execFile } from "node:child_process";
import { readdir, readFile, readlink, rm } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { Refusal } from "../../contract/refusal.ts";
import type { Log } from "../../instance/log.ts";
import { readIfThere } from "../../instance/permissions.ts";
import { standingOf } from "../../instance/process-identity.ts";

const run = promisify(execFile);
const POLL_MS = 10;

/** How long a server from earlier is given, in milliseconds. */
export interface FormerLimits {
  /** To come up, where it is in the middle of it: stopping it inside crash recovery only makes the next one longer. */
  readonly startMs: number;
  /** To end after each signal. */
  readonly stopMs: number;
}

interface ServerProcess {
  readonly pid: number;
  /** The postmaster, which starts and ends all others. */
  readonly leads: boolean;
}

/**
 * Sees to it that no server runs on a data directory that this process has just come to own. One from earlier, whose
 * owner was killed, is stopped in order; one that is still starting is waited for first; what a killed one left behind
 * is cleared away. A pid that now belongs to another program, or to nobody, means nothing. Refuses with
 * `database_unavailable` where a server does not end.
 */
export async function settleFormer(directory: string, limits: FormerLimits, log: Log): Promise<void> {
  // Without a way to tell whose a pid is, PostgreSQL's own checks decide (untested on Windows).
  if (process.platform === "win32") return;
  const before = await serversOn(directory);
  if (before.length > 0) {
    log.warn({ pids: before.map(({ pid }) => pid) }, "a database server from earlier still runs; it is stopped");
    await awaitStart(directory, limits.startMs);
    await end(directory, limits.stopMs);
  }
  await rm(path.join(directory, "postmaster.pid"), { force: true });
}

/** Until the server has come up, has ended, or the time is over. */
async function awaitStart(directory: string, withinMs: number): Promise<void> {
  await until(withinMs, async () => {
    const file = await readIfThere(path.join(directory, "postmaster.pid"));
    const status = file?.split("\n")[7]?.trim();
    return status !== "starting" || (await serversOn(directory)).length === 0;
  });
}

async function end(directory: string, withinMs: number): Promise<void> {
  // Fast shutdown, in order and with a checkpoint; then without one, which the next start makes good from its log.
  for (const signal of ["SIGINT", "SIGQUIT"] as const) {
    const servers = await serversOn(directory);
    const leaders = servers.filter(({ leads }) => leads);
    // Where the leader was killed, the others notice and end by themselves.
    const targets = leaders.length > 0 || signal === "SIGINT" ? leaders : servers;
    for (const { pid } of targets) sendSignal(pid, signal);
    if (await until(withinMs, async () => (await serversOn(directory)).length === 0)) return;
  }
  const left = (await serversOn(directory)).map(({ pid }) => pid);
  throw new Refusal(
    "database_unavailable",
    `The database was not started: a server from earlier still runs on it and does not end (process ${left.join(", ")}).`,
    { next: "End that process, then try again." },
  );
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended in the meantime, or it is somebody else's: the wait that follows tells.
  }
}

async function until(withinMs: number, condition: () => Promise<boolean>): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    if (await condition()) return true;
    if (performance.now() >= deadline) return false;
    await delay(POLL_MS);
  }
}

/**
 * The processes of a server on this data directory, wherever its lock file points. `directory` is a real path. On Linux
 * they are known by their program and by their working directory, which the server makes its data directory.
 */
export async function serversOn(directory: string): Promise<ServerProcess[]> {
  return process.platform === "linux" ? serversByProc(directory) : serversByPs(directory);
}

async function serversByProc(directory: string): Promise<ServerProcess[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = (await Promise.all(pids.map((pid) => processByProc(pid, directory)))).filter((one) => one !== null);
  const ofServer = new Set(found.map(({ pid }) => pid));
  // The leader keeps its arguments, and the others show a title such as `postgres: checkpointer`. One that was just
  // forked has none yet and still looks like its leader; a signal that is meant for that one could do harm there.
  return found.map(({ pid, parent, titled }) => ({ pid, leads: !titled && !ofServer.has(parent) }));
}

async function processByProc(
  pid: number,
  directory: string,
): Promise<{ pid: number; parent: number; titled: boolean } | null> {
  try {
    const cwd = await readlink(`/proc/${pid}/cwd`);
    if (cwd !== directory && cwd !== `${directory} (deleted)`) return null;
    const program = path.basename(await readlink(`/proc/${pid}/exe`));
    if (program !== "postgres" && program !== "postgres (deleted)") return null;
    const title = await readFile(`/proc/${pid}/cmdline`, "latin1");
    const stat = await readFile(`/proc/${pid}/stat`, "latin1");
    // The name stands in parentheses and may hold anything; the state and the parent follow it.
    const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
    return { pid, parent, titled: title.startsWith("postgres: ") };
  } catch {
    // It ended meanwhile, is a zombie, or is none of ours.
    return null;
  }
}

async function serversByPs(directory: string): Promise<ServerProcess[]> {
  const pid = Number((await readIfThere(path.join(directory, "postmaster.pid")))?.split("\n")[0]);
  if (!(await standingOf(pid)).alive) return [];
  const { stdout } = await run("ps", ["-o", "command=", "-p", String(pid)]).catch(() => ({ stdout: "" }));
  return stdout.includes("postgres") && stdout.includes(directory) ? [{ pid, leads: true }] : [];
}
