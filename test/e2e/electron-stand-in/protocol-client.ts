import { WebSocket } from "ws";

type Parameters = Record<string, unknown>;
type Listener = (parameters: never) => void;

/** Chromium's DevTools protocol for one target, or for the browser as a whole. */
export interface ProtocolSession {
  send<Result = unknown>(method: string, parameters?: Parameters): Promise<Result>;
  on<Event>(event: string, listener: (parameters: Event) => void): void;
}

/** A connection to the browser, which carries the sessions of all of its targets. */
export interface ProtocolClient extends ProtocolSession {
  session(id: string): ProtocolSession;
  readonly closed: Promise<void>;
}

interface Answer {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Parameters;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
  readonly sessionId?: string;
}

export async function connectToBrowser(url: string): Promise<ProtocolClient> {
  const socket = new WebSocket(url, { perMessageDeflate: false, maxPayload: 256 * 1024 * 1024 });
  await new Promise<void>((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
  });
  const waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();
  const listeners = new Map<string, Listener[]>();
  let lastId = 0;

  socket.on("message", (data) => {
    const answer = JSON.parse(String(data)) as Answer;
    if (answer.id !== undefined) {
      const call = waiting.get(answer.id);
      waiting.delete(answer.id);
      if (answer.error) call?.reject(new Error(answer.error.message));
      else call?.resolve(answer.result);
      return;
    }
    for (const listener of listeners.get(`${answer.sessionId ?? ""} ${answer.method}`) ?? []) {
      listener(answer.params as never);
    }
  });
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.on("error", () => undefined);

  function session(id?: string): ProtocolSession {
    return {
      send: <Result>(method: string, params: Parameters = {}) =>
        new Promise<Result>((resolve, reject) => {
          lastId += 1;
          waiting.set(lastId, { resolve: (result) => resolve(result as Result), reject });
          socket.send(JSON.stringify({ id: lastId, method, params, sessionId: id }));
        }),
      on: (event, listener) => {
        const key = `${id ?? ""} ${event}`;
        listeners.set(key, [...(listeners.get(key) ?? []), listener as Listener]);
      },
    };
  }
  return { ...session(), session, closed };
}
