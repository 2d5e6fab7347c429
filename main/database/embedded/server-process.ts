import { spawn, type ChildProcess } from "node:child_process";
import type { Launch } from "./account.ts";

/** The name of the database's superuser, which is the only role of a fresh cluster. */
export const SERVER_USER = "paperclip";
/** The database of the app in an embedded cluster: the one that initdb makes, so that a first start has no step between. */
export const SERVER_DATABASE = "postgres";

/**
 * What the server and initdb get of the environment: what a program needs to run at all, and nothing of the app's own.
 * The zone is fixed because initdb would otherwise search for the machine's, which takes longer than all the rest.
 */
export function serverEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  const passed = process.platform === "win32" ? ["SystemRoot", "windir", "TEMP", "TMP", "PATH", "COMSPEC"] : ["PATH"];
  const entries = passed.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const]));
  return { ...Object.fromEntries(entries), LC_ALL: "C", TZ: "UTC" };
}

/**
 * Starts a program of PostgreSQL in a session of its own, so that a Ctrl-C in the terminal reaches the app alone, which
 * then stops the server in order. `log` takes both of its outputs.
 */
export function startProgram(launch: Launch, cwd: string, log: number): ChildProcess {
  return spawn(launch.command, launch.args, {
    ...(launch.uid === undefined ? {} : { uid: launch.uid }),
    ...(launch.gid === undefined ? {} : { gid: launch.gid }),
    cwd,
    env: serverEnvironment(process.env),
    detached: process.platform !== "win32",
    windowsHide: true,
    stdio: ["ignore", log, log],
  });
}
