/** The name of the program in hints, wherever they are written: between backticks, with what follows it. */
const PROGRAM = "paperclip-desktop";

/** How the command line was started. */
export interface Launch {
  /** What is typed to start the command line, such as `paperclip-desktop`. */
  readonly program: string;
  /** The options that chose instance and company, as they are typed; a hint would mean another one without them. */
  readonly choice: string;
  /** Where the operator stood; relative paths are meant from there. Null where that is the working directory. */
  readonly directory: string | null;
}

/** Reads what npm leaves in the environment: it runs scripts from the package's folder, wherever it was called. */
export function launchedBy(env: NodeJS.ProcessEnv, argv: readonly string[]): Launch {
  const script = env["npm_package_name"] === PROGRAM ? env["npm_lifecycle_event"] : undefined;
  const choice = choiceIn(argv);
  if (script !== "cli" && script !== "start") return { program: PROGRAM, choice, directory: null };
  return { program: "npm run --silent cli --", choice, directory: env["INIT_CWD"] ?? null };
}

function choiceIn(argv: readonly string[]): string {
  return argv
    .flatMap((word, index) => {
      const [, option, inline] = /^(--(?:home|instance|company|company-id))(?:=(.*))?$/s.exec(word) ?? [];
      const value = inline ?? argv[index + 1];
      return option === undefined || value === undefined ? [] : [`${option} ${quoted(value)} `];
    })
    .join("");
}

/** A word as a shell takes it for one. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** The hint with its commands as they can be typed here. */
export function asTyped(hint: string, { program, choice }: Launch): string {
  return hint.replaceAll(`\`${PROGRAM} `, () => `\`${program} ${choice}`);
}
