import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import path from "node:path";
import { Refusal } from "../../contract/refusal.ts";

export interface Surroundings {
  readonly env: Readonly<Record<string, string>>;
  /** The folder the program would be started in; an absolute path. */
  readonly cwd: string;
  readonly platform?: NodeJS.Platform;
}

/**
 * The full path of the program that a start would run, found as the system finds it: a name with a slash is a path from
 * the folder, any other name is searched on PATH of the given env. Refuses with `command_missing`.
 */
export async function findCommand(command: string, surroundings: Surroundings): Promise<string> {
  const platform = surroundings.platform ?? process.platform;
  const separators = platform === "win32" ? /[/\\]/ : /\//;
  const searchPath = surroundings.env["PATH"] ?? surroundings.env["Path"] ?? "";
  const isPath = separators.test(command);
  const folders = isPath ? [""] : searchPath.split(path.delimiter);
  let unusable: string | null = null;
  for (const folder of folders) {
    for (const extension of extensions(command, surroundings.env, platform)) {
      const candidate = path.resolve(surroundings.cwd, folder, command + extension);
      const state = await judgeFile(candidate);
      if (state === "program") return candidate;
      if (state === "not_executable") unusable ??= candidate;
    }
  }
  throw missing(command, isPath, searchPath, unusable);
}

/** Windows starts `tool` as `tool.exe` and so on; a name with an extension stands for itself first. */
function extensions(command: string, env: Readonly<Record<string, string>>, platform: NodeJS.Platform): string[] {
  if (platform !== "win32") return [""];
  const known = (env["PATHEXT"] ?? ".COM;.EXE;.BAT;.CMD").split(";").filter((extension) => extension !== "");
  return path.extname(command) === "" ? known : ["", ...known];
}

async function judgeFile(candidate: string): Promise<"program" | "not_executable" | "none"> {
  try {
    if (!(await stat(candidate)).isFile()) return "none";
  } catch {
    return "none"; // Whatever keeps us from seeing it keeps the system from starting it.
  }
  try {
    await access(candidate, constants.X_OK);
    return "program";
  } catch {
    return "not_executable";
  }
}

function missing(command: string, isPath: boolean, searchPath: string, unusable: string | null): Refusal {
  const details = { command, path: searchPath };
  if (unusable !== null) {
    return new Refusal("command_missing", `${unusable} may not be executed.`, {
      next: `Make it executable: chmod +x ${JSON.stringify(unusable)}`,
      details,
    });
  }
  if (isPath) {
    return new Refusal("command_missing", `There is no program ${command}.`, {
      next: "Correct the path in the agent's configuration.",
      details,
    });
  }
  return new Refusal("command_missing", `The command "${command}" is not on PATH.`, {
    next: `Install it, or write its full path into the agent's configuration. Searched: ${searchPath || "nothing, PATH is empty"}`,
    details,
  });
}
