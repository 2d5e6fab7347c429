import { and, eq } from "drizzle-orm";
import type { Status } from "../../../preload/contract/system.ts";
import { errorText, systemCode } from "../../contract/refusal.ts";
import type { ChangeFeed } from "../../database/changes.ts";
import { routineTriggers } from "../../database/schema/routines.ts";
import type { Log } from "../../instance/log.ts";
import { createAlarm } from "../../runs/alarm.ts";
import { forgetNonces } from "./delivery-log.ts";
import { type Listener, listenForWebhooks } from "./listener.ts";
import { receive, type ReceiveServices } from "./receive.ts";
import { forgetOldKeys } from "./signing-secret.ts";
import { countUnknownAddresses } from "./unknown-addresses.ts";

export interface ReceptionOptions extends ReceiveServices {
  readonly feed: ChangeFeed;
  readonly log: Log;
  /** The port of the settings, as it is now. */
  readonly port: () => number;
  /** Something changed that a status shows. */
  readonly changed: () => void;
  /** Milliseconds that a request may take to arrive. */
  readonly requestMs?: number;
}

/** Who listens for webhooks, while there are any. */
export interface Reception {
  state(): Status["webhooks"];
  /** Goes by the settings as they are now. */
  look(): void;
  stop(): Promise<void>;
}

/** Without a change that is heard of, it is looked so often: for what can be forgotten, and whether a taken port is free. */
const LOOK_MS = 30_000;
const ACTOR = { type: "system", id: "webhook" } as const;

export const webhookBase = (port: number): string => `http://127.0.0.1:${port}`;

/**
 * Listens from the first enabled webhook on for as long as there is any, so that a disabled one is answered too, and destroys
 * signing keys of before when their time is over.
 */
export function startReception(options: ReceptionOptions): Reception {
  const { database, clock, log } = options;
  let listener: { readonly port: number; readonly close: Listener["close"] } | null = null;
  let problem: string | null = null;
  let looking: Promise<void> | null = null;
  let again = false;
  let stopping = false;
  const unknown = countUnknownAddresses(clock, log);
  const alarm = createAlarm(clock, LOOK_MS, look);

  function look(): void {
    if (stopping) return;
    again = true;
    looking ??= lookUntilDone().finally(() => {
      looking = null;
    });
  }

  async function lookUntilDone(): Promise<void> {
    while (again && !stopping) {
      again = false;
      let next: Date | null = null;
      try {
        await follow();
        next = await forgetOldKeys(options, ACTOR);
        await forgetNonces(database.orm, clock.now());
      } catch (error) {
        log.warn({ error }, "webhooks were not looked after");
      }
      unknown.tell();
      alarm.setIn(LOOK_MS);
      if (next !== null) alarm.setFor(next);
    }
  }

  /** Opens, moves or closes the port. */
  async function follow(): Promise<void> {
    const before = outline();
    const port = options.port();
    const wanted = await isWanted();
    if (listener && (!wanted || listener.port !== port)) {
      await listener.close();
      listener = null;
    }
    problem = null;
    if (wanted && !listener && !stopping) {
      try {
        const { close } = await listenForWebhooks({
          port,
          receive: (received) => receive(options, received),
          noteUnknown: unknown.note,
          reportUnexpected: (error) => log.error({ error }, "a delivery could not be taken"),
          ...(options.requestMs === undefined ? {} : { requestMs: options.requestMs }),
        });
        listener = { port, close };
      } catch (error) {
        problem = problemOf(port, error);
        log.warn({ port, systemCode: systemCode(error) }, "webhooks cannot be listened for");
      }
    }
    if (outline() !== before) options.changed();
  }

  /** Without what is counted: whoever knocks at many doors gives the panel no work. */
  const outline = () => JSON.stringify({ ...state(), unknown: null });

  async function isWanted(): Promise<boolean> {
    const kind = eq(routineTriggers.kind, "webhook");
    const [found] = await database.orm
      .select({ id: routineTriggers.id })
      .from(routineTriggers)
      .where(listener ? kind : and(kind, eq(routineTriggers.enabled, true)))
      .limit(1);
    return found !== undefined;
  }

  function state(): Status["webhooks"] {
    const base = webhookBase(options.port());
    const common = { base, unknown: unknown.counted() };
    if (problem !== null) return { state: "failed", reason: problem, ...common };
    if (listener === null) return { state: "off", reason: "No webhook is enabled.", ...common };
    return { state: "listening", reason: `Webhooks are taken at ${base}.`, ...common };
  }

  const unsubscribe = options.feed.subscribe(({ topic }) => {
    if (topic === "routines" || topic === "resync") look();
  });
  look();

  let stopped: Promise<void> | null = null;
  const stop = async () => {
    stopping = true;
    unsubscribe();
    alarm.stop();
    await looking;
    await listener?.close();
    unknown.tell(true);
  };
  return { state, look, stop: () => (stopped ??= stop()) };
}

function problemOf(port: number, error: unknown): string {
  const code = systemCode(error);
  if (code === "EADDRINUSE") return `Webhooks are not taken: another program uses port ${port}.`;
  if (code === "EACCES") return `Webhooks are not taken: port ${port} is for administrators of this machine.`;
  return `Webhooks are not taken: port ${port} cannot be used (${code ?? errorText(error)}).`;
}
