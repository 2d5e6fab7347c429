import { setTimeout as delay } from "node:timers/promises";
import { asRefusal, Refusal } from "../../contract/refusal.ts";
import { findOwner } from "../../instance/lock.ts";
import type { InstancePaths } from "../../instance/paths.ts";
import type { ContractClient, OpenControlPlane } from "../../control-plane-port.ts";
import { connectToOwner } from "../control/client.ts";
import { openInstance } from "../control/open-instance.ts";
import { readPipeToken } from "../control/pipe-token.ts";

/** How long a change of owners is waited for: one leaves and cancels its runs (up to 10 s each), another starts. */
const CHANGE_OF_OWNERS_MS = 30_000;
const RETRY_MS = 100;

/** A client of the instance for the length of one command. */
export interface Session {
  readonly client: ContractClient;
  /** `self`: no owner ran, and this command opened the instance. `other`: it talks to the running owner. */
  readonly owner: "self" | "other";
}

export interface SessionOptions {
  readonly paths: InstancePaths;
  readonly openControlPlane: OpenControlPlane;
  readonly processEnv: NodeJS.ProcessEnv;
  readonly version: string;
  /** Opens the instance although its database cannot be opened. */
  readonly rescue?: boolean;
  /**
   * The work hears of an interruption itself and ends what it began, wherever that runs: then its end is waited for, and what
   * came of it is the answer.
   */
  readonly patient?: boolean;
  /** The command is interrupted: everything is closed in order, and waiting ends. */
  readonly signal: AbortSignal;
  onProgress(text: string): void;
  /** Another process asked this one, which owns the instance, to stop. */
  onStopRequested(): void;
}

/**
 * Runs `work` with a client. Connects to the running owner; where there is none, opens the instance in this process.
 * Such an owner stays until the runs it was asked for are over and its other clients have left.
 */
export async function withSession<Answer>(
  options: SessionOptions,
  work: (session: Session) => Promise<Answer>,
): Promise<Answer> {
  const { session, leave } = await openSession(options);
  const { signal, patient = false } = options;
  let answer: Answer;
  try {
    signal.throwIfAborted();
    answer = await (patient ? work(session) : unlessAborted(work(session), signal));
  } catch (error) {
    await leave(false);
    throw error;
  }
  await leave(!(patient && signal.aborted));
  return answer;
}

interface OpenedSession {
  readonly session: Session;
  leave(inPeace: boolean): Promise<void>;
}

async function openSession(options: SessionOptions): Promise<OpenedSession> {
  const deadline = performance.now() + CHANGE_OF_OWNERS_MS;
  for (;;) {
    options.signal.throwIfAborted();
    try {
      const connection = await connectToRunning(options.paths, options.signal);
      if (connection) {
        return { session: { client: connection.client, owner: "other" }, leave: () => connection.close() };
      }
      return await openHere(options);
    } catch (error) {
      const code = asRefusal(error)?.code;
      const passing = code === "owner_gone" || code === "instance_owned";
      if (!passing || options.signal.aborted || performance.now() > deadline) throw error;
    }
    await delay(RETRY_MS);
  }
}

/** A connection to the running owner, or null where none runs. Refuses where that cannot be told. */
export async function connectToRunning(paths: InstancePaths, signal: AbortSignal) {
  const owner = await findOwner(paths);
  if (owner.state === "none") return null;
  if (owner.state === "unjudgeable") {
    throw new Refusal("instance_unjudgeable", `The instance cannot be used from here: ${owner.reason}.`, {
      next: "End that owner, or wait until it answers. `paperclip-desktop doctor` says more.",
    });
  }
  const token = await readPipeToken(paths, process.platform);
  return connectToOwner({ socketPath: owner.socketPath, token, signal });
}

async function openHere(options: SessionOptions): Promise<OpenedSession> {
  const { paths, processEnv, version, onProgress, rescue = false } = options;
  const instance = await openInstance(options.openControlPlane, {
    paths,
    kind: "command",
    processEnv,
    version,
    rescue,
    onProgress: (text) => onProgress(text),
  });
  const { plane, control } = instance;
  plane.onStopRequested(() => options.onStopRequested());
  return {
    session: { client: plane.client, owner: "self" },
    leave: async (inPeace) => {
      try {
        if (inPeace) await unlessAborted(untilUnused(), options.signal);
      } finally {
        await instance.close();
      }
    },
  };

  /** Ends in the moment in which nobody is connected, and lets nobody in from then on: who comes now starts anew. */
  async function untilUnused(): Promise<void> {
    for (;;) {
      await control.drained();
      await plane.idle();
      if (control.connections() === 0) return control.refuseNewcomers();
      onProgress("Other commands use the instance; waiting until they are done.");
    }
  }
}

/** The answer of `work`, or the reason of the interruption as soon as there is one. */
export function unlessAborted<Answer>(work: Promise<Answer>, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
