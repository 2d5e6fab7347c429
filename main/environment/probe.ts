import { spawn } from "node:child_process";
import { systemCode } from "../contract/refusal.ts";

export interface ProbeOptions {
  /** The whole env of the program; nothing is added. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly timeoutMs: number;
}

export type ProbeResult =
  | {
      readonly kind: "exited";
      readonly code: number | null;
      readonly signal: string | null;
      readonly stdout: string;
      readonly stderr: string;
    }
  | { readonly kind: "timed_out" }
  | { readonly kind: "not_started"; readonly systemCode: string | null };

/** Output kept of each stream, in UTF-16 units; a program that says more is not listened to. */
const OUTPUT_LIMIT = 64 * 1024;

/** How long a pipe may stay open after the program has ended, because something it left behind holds it. */
const DRAIN_MS = 500;

/**
 * Starts a program for a short question and ends all of it: with an empty stdin, a time limit, and, on POSIX, a process
 * group of its own that is killed afterwards. Never rejects.
 */
export function probe(command: string, args: readonly string[], options: ProbeOptions): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const posix = process.platform !== "win32";
    const started = start(command, args, options, posix);
    if (!started.ok) {
      resolve({ kind: "not_started", systemCode: started.systemCode });
      return;
    }
    const child = started.child;
    let stdout = "";
    let stderr = "";
    let drain: NodeJS.Timeout | undefined;
    const killAll = () => {
      try {
        if (posix && child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
        else child.kill("SIGKILL");
      } catch {
        // The group is gone already, which is what was wanted.
      }
    };
    const settle = (result: ProbeResult) => {
      clearTimeout(deadline);
      clearTimeout(drain);
      child.stdout.destroy();
      child.stderr.destroy();
      resolve(result);
    };
    const deadline = setTimeout(() => {
      killAll();
      settle({ kind: "timed_out" });
    }, options.timeoutMs);
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout = (stdout + text).slice(0, OUTPUT_LIMIT)));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr = (stderr + text).slice(0, OUTPUT_LIMIT)));
    child.once("error", (error) => settle({ kind: "not_started", systemCode: systemCode(error) }));
    child.once("exit", (code, signal) => {
      killAll();
      const done = () => settle({ kind: "exited", code, signal, stdout, stderr });
      child.once("close", done);
      drain = setTimeout(done, DRAIN_MS);
    });
  });
}

/** Node throws some failures of a start at once and reports others later. */
function start(command: string, args: readonly string[], options: ProbeOptions, posix: boolean) {
  try {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
      detached: posix,
      windowsHide: true,
    });
    return { ok: true as const, child };
  } catch (error) {
    return { ok: false as const, systemCode: systemCode(error) };
  }
}
