import type { Readable } from "node:stream";
import type { Command } from "commander";
import type { Clock } from "../../instance/clock.ts";
import { instancePaths } from "../../instance/paths.ts";
import type { InstancePaths } from "../../instance/paths.ts";
import type { OpenControlPlane } from "../../control-plane-port.ts";
import { Interrupted, UsageError } from "./errors.ts";
import type { Launch } from "./launch.ts";
import { createOutput } from "./output.ts";
import type { Output, TextStream } from "./output.ts";
import { withSession } from "./session.ts";
import type { Session } from "./session.ts";

/** What the command line is given: the process around it, and the instance's control plane. */
export interface CliHost {
  readonly env: NodeJS.ProcessEnv;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  readonly clock: Clock;
  readonly version: string;
  /** Where the built panel lies. */
  readonly rendererDirectory: string;
  readonly openControlPlane: OpenControlPlane;
  /** Aborted with an `Interrupted` when the operator or the system ends the process. */
  readonly signal: AbortSignal;
}

/** Options that every command takes, before or after its name. */
interface GlobalOptions {
  readonly json?: true;
  readonly home?: string;
  readonly instance?: string;
  readonly company?: string;
  readonly companyId?: string;
}

/** One command as it was called. */
export interface Invocation {
  readonly host: CliHost;
  readonly output: Output;
  readonly paths: InstancePaths;
  readonly company: string | undefined;
  /** Aborted when the command is interrupted, or when another process asks the instance to stop that it owns. */
  readonly signal: AbortSignal;
  /** The positional argument at `index`; commander has checked that required ones are there. */
  argument(index: number): string;
  /** The positional argument at `index`, or `otherwise` where it was left out. */
  argumentOr(index: number, otherwise: string | undefined): string | undefined;
  /** Runs `work` with a client of the instance, and leaves the instance afterwards. */
  session<Answer>(
    work: (session: Session) => Promise<Answer>,
    /**
     * `rescue`: also where the database cannot be opened; then only a restore can be done. `patient`: the work ends by itself
     * when it is interrupted, and is waited for.
     */
    how?: { readonly rescue?: true; readonly patient?: true },
  ): Promise<Answer>;
}

/** Makes a commander action of what a command does. */
export type Act = <Options>(
  work: (invocation: Invocation, options: Options) => Promise<void>,
) => (...given: unknown[]) => Promise<void>;

export function actWith(host: CliHost, launch: Launch): Act {
  return <Options>(work: (invocation: Invocation, options: Options) => Promise<void>) =>
    async (...given: unknown[]) => {
      const command = given.at(-1) as Command;
      try {
        await work(invocationOf(host, launch, command), command.opts<Options & Record<string, unknown>>());
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
        command.error(`error: ${error.message}${error.next === null ? "" : `\nnext: ${error.next}`}`);
      }
    };
}

function invocationOf(host: CliHost, launch: Launch, command: Command): Invocation {
  const globals = command.optsWithGlobals<GlobalOptions & Record<string, unknown>>();
  if (globals.company !== undefined && globals.companyId !== undefined) {
    throw new UsageError("The company is named twice.", "Use --company or --company-id, one of the two.");
  }
  const { stdout, stderr, env } = host;
  const output = createOutput({ stdout, stderr, env, launch, json: globals.json === true });
  const paths = instancePaths({ home: globals.home, id: globals.instance }, host.env);
  const stopped = new AbortController();
  const signal = AbortSignal.any([host.signal, stopped.signal]);
  return {
    host,
    output,
    paths,
    company: globals.company ?? globals.companyId,
    signal,
    argument: (index) => {
      const argument = command.args[index];
      if (argument === undefined) throw new UsageError(`argument ${index + 1} is missing`);
      return argument;
    },
    argumentOr: (index, otherwise) => command.args[index] ?? otherwise,
    session: (work, how = {}) =>
      withSession(
        {
          ...how,
          paths,
          signal,
          openControlPlane: host.openControlPlane,
          processEnv: host.env,
          version: host.version,
          onProgress: (text) => output.progress(text),
          onStopRequested: () => stopped.abort(new Interrupted("Another command stopped this instance.", null)),
        },
        work,
      ),
  };
}

/** The company of a call, where the operator named one. */
export function ofCompany(invocation: Invocation): { company?: string } {
  return invocation.company === undefined ? {} : { company: invocation.company };
}

/** An object without its undefined entries: what was not given is not sent. */
export function given<Values extends Record<string, unknown>>(
  values: Values,
): { [Name in keyof Values]?: Exclude<Values[Name], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Values]?: Exclude<Values[Name], undefined>;
  };
}

/** Adds examples to a command's help; one that begins with another program names this one as `PROGRAM`. */
export function withExample(command: Command, ...lines: string[]): Command {
  return command.addHelpText("after", ({ command: shown }) => {
    const program = rootOf(shown).name();
    const typed = lines.map((line) =>
      line.includes("PROGRAM") ? line.replace("PROGRAM", program) : `${program} ${line}`,
    );
    return `\nExample:\n${typed.map((line) => `  ${line}`).join("\n")}\n`;
  });
}

function rootOf(command: Command): Command {
  return command.parent === null ? command : rootOf(command.parent);
}

/** For options that may be given more than once. */
export function collect(value: string, earlier: readonly string[] | undefined): string[] {
  return [...(earlier ?? []), value];
}
