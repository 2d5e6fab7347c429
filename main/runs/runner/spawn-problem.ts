import { accessSync, constants, statSync } from "node:fs";
import path from "node:path";
import { systemCode } from "../../contract/refusal.ts";
import type { AttemptProblem } from "./messages.ts";

/** What cannot work in a working folder, before anything is started, or null. */
export function folderProblem(cwd: string): AttemptProblem | null {
  try {
    if (statSync(cwd).isDirectory()) return null;
  } catch (error) {
    if (systemCode(error) === "EACCES") {
      return {
        code: "folder_unreadable",
        message: `The process was not started: this user may not enter its folder ${cwd}.`,
        next: "Grant the access, or set another folder in the agent's configuration.",
      };
    }
  }
  return {
    code: "folder_missing",
    message: `The process was not started: its folder ${cwd} does not exist.`,
    next: "Create the folder, or set another one in the agent's configuration.",
  };
}

/** Why the system did not start a process, in words, from the error of spawn. */
export function spawnProblem(
  error: unknown,
  command: string,
  cwd: string,
  env: Readonly<Record<string, string>>,
): AttemptProblem {
  const notStarted = "The process was not started";
  switch (systemCode(error)) {
    case "ENOENT":
      return missing(command, cwd, env);
    case "EACCES":
      return {
        code: "command_not_executable",
        message: `${notStarted}: ${command} may not be executed by this user.`,
        next: "Make the file executable, or name another command in the agent's configuration.",
      };
    case "ENOEXEC":
      return {
        code: "command_not_executable",
        message: `${notStarted}: ${command} is not a program that this system can execute.`,
        next: "Name its interpreter first in the agent's configuration, such as sh or python3.",
      };
    case "E2BIG":
      return {
        code: "env_too_large",
        message: `${notStarted}: its arguments and environment are larger than the system permits.`,
        next: "Shorten the values, or hand large ones over in a file.",
      };
    case "EAGAIN":
    case "ENOMEM":
    case "EMFILE":
    case "ENFILE":
      return {
        code: "system_busy",
        message: `${notStarted}: the system has no processes, memory or files left (${systemCode(error)}).`,
        next: "Try the run again when the machine has less to do.",
      };
    default:
      return {
        code: "spawn_failed",
        message: `${notStarted}: the system refused it (${systemCode(error) ?? "unknown"}).`,
        next: "Check the command and its folder in the agent's configuration.",
      };
  }
}

function missing(command: string, cwd: string, env: Readonly<Record<string, string>>): AttemptProblem {
  const found = find(command, cwd, env);
  if (found !== null) {
    return {
      code: "command_not_executable",
      message: `The process was not started: the interpreter that ${found} names in its first line was not found.`,
      next: "Correct the first line of the file, or install the interpreter.",
    };
  }
  const isPath = command.includes("/") || command.includes("\\");
  return {
    code: "command_missing",
    message: isPath
      ? `The process was not started: there is no file ${path.resolve(cwd, command)}.`
      : `The process was not started: the command ${command} was not found on PATH.`,
    next: isPath
      ? "Correct the path in the agent's configuration."
      : "Install the command, or name it by its full path in the agent's configuration.",
  };
}

/** The executable file of a command, where there is one. */
function find(command: string, cwd: string, env: Readonly<Record<string, string>>): string | null {
  const folders = command.includes("/") ? [cwd] : (env["PATH"] ?? "").split(path.delimiter);
  for (const folder of folders) {
    const file = path.resolve(cwd, folder, command);
    try {
      accessSync(file, constants.X_OK);
      if (statSync(file).isFile()) return file;
    } catch {
      // Not in this folder.
    }
  }
  return null;
}
