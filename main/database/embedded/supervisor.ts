import type { ChildProcess } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { errorText } from "../../contract/refusal.ts";
import { createCondition, type Condition } from "../condition.ts";
import type { ConnectionOptions } from "../database.ts";
import { onlyOnce } from "../only-once.ts";
import { preparePlace, type ServerOptions } from "./server.ts";

/** Milliseconds before each attempt to restart a server that died. After the last one it is given up. */
const DEFAULT_BACK_OFF_MS = [0, 250, 1_000, 4_000, 15_000];
/** A server that ran this long was sound: its next death starts the attempts anew. */
const SOUND_MS = 60_000;

export interface EmbeddedOptions extends ServerOptions {
  readonly backOffMs?: readonly number[];
}

/** The app's own PostgreSQL. */
export interface EmbeddedServer {
  readonly connection: ConnectionOptions;
  readonly condition: Condition;
  /** Starts one that was given up, once more. Refuses with the cause where it fails again. */
  retry(): Promise<void>;
  /** Ends it in order. It does not come back. */
  stop(): Promise<void>;
}

/**
 * Starts the instance's own PostgreSQL, making its cluster where there is none, and answers once it takes queries. A
 * server that dies later is restarted with growing pauses; when that fails for good its state is `failed`.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const backOffMs = options.backOffMs ?? DEFAULT_BACK_OFF_MS;
  const { log } = options;
  const place = await preparePlace(options);
  const condition = createCondition();
  const stopping = new AbortController();
  let child: ChildProcess | null = null;
  let attempts = 0;
  let readyAt = 0;
  let working: Promise<unknown> = Promise.resolve();

  const start = async () => {
    const started = await place.start(() => condition.enter("recovering"), stopping.signal);
    if (started.exitCode !== null || started.signalCode !== null) throw new Error("It died right after its start.");
    child = started;
    readyAt = performance.now();
    started.once("exit", () => died(started));
    condition.enter("ready");
  };

  const died = ({ exitCode, signalCode }: ChildProcess) => {
    child = null;
    if (stopping.signal.aborted) return;
    log.error({ exitCode, signal: signalCode }, "the database server died");
    if (performance.now() - readyAt > SOUND_MS) attempts = 0;
    working = restart("It died again and again.");
  };

  const restart = async (failure: string): Promise<void> => {
    const pause = backOffMs[attempts];
    if (pause === undefined) {
      log.error({ reason: failure }, "the database server was given up");
      return condition.enter("failed", failure);
    }
    attempts += 1;
    condition.enter("restarting", failure);
    await delay(pause, undefined, { signal: stopping.signal }).catch(() => undefined);
    if (stopping.signal.aborted) return;
    try {
      await start();
    } catch (error) {
      log.error({ error, attempts }, "the database server did not start");
      await restart(errorText(error));
    }
  };

  const stop = async () => {
    stopping.abort();
    await working;
    if (child) await place.end(child);
    condition.enter("stopped");
    await place.close();
  };

  try {
    await start();
  } catch (error) {
    await place.close();
    throw error;
  }
  return {
    connection: place.connection,
    condition,
    retry: async () => {
      if (condition.state() !== "failed") return;
      attempts = 0;
      condition.enter("starting");
      const attempt = start().catch((error: unknown) => {
        condition.enter("failed", errorText(error));
        throw error;
      });
      working = attempt.catch(() => undefined);
      await attempt;
    },
    stop: onlyOnce(stop),
  };
}
