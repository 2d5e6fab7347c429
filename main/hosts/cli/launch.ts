/** The name of the program in hints, wherever they are written: between backticks, with what follows it. */
const PROGRAM = "paperclip-desktop";

/** How the command line was started. */
export interface Launch {
  /** What is typed before a command, such as `paperclip-desktop`. */
  readonly program: string;
  /** Where the operator stood; relative paths are meant from there. Null where that is the working directory. */
  readonly directory: string | null;
}

/** Reads what npm leaves in the environment: it runs scripts from the package's folder, wherever it was called. */
export function launchedBy(env: NodeJS.ProcessEnv): Launch {
  const script = env["npm_package_name"] === PROGRAM ? env["npm_lifecycle_event"] : undefined;
  if (script !== "cli" && script !== "start") return { program: PROGRAM, directory: null };
  return { program: "npm run --silent cli --", directory: env["INIT_CWD"] ?? null };
}

/** The hint with its commands as they can be typed here. */
export function asTyped(hint: string, { program }: Launch): string {
  return hint.replaceAll(`\`${PROGRAM} `, `\`${program} `);
}
