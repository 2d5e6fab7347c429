import { createORPCClient, DynamicLink } from "@orpc/client";
import { RPCLink } from "@orpc/client/websocket";
import type { ContractRouterClient } from "@orpc/contract";
import type { Contract } from "../../preload/contract/contract.ts";

export type Client = ContractRouterClient<Contract>;

/** What the preload script hands to the page of the window; there is none in a browser. */
interface Bridge {
  send(message: string): void;
  onMessage(listener: (message: string) => void): void;
}

declare global {
  interface Window {
    readonly paperclip?: Bridge;
  }
}

/**
 * `closed`: this browser was let in by no link. `lost`: there was a connection, or should be one; it is tried again by
 * itself. `since` counts the connections, so that what listens can listen anew.
 */
export type ConnectionState =
  | { readonly kind: "connecting" }
  | { readonly kind: "open"; readonly since: number }
  | { readonly kind: "lost"; readonly attempt: number }
  | { readonly kind: "closed" };

/** The connection to the control plane, as a store that React can watch. */
export interface Connection {
  /** One client for the life of the page; while there is no connection its calls are refused with `ConnectionLost`. */
  readonly client: Client;
  state(): ConnectionState;
  subscribe(listener: () => void): () => void;
  /** Tries at once instead of at the next turn. */
  retry(): void;
}

/** A call that could not be made, because the control plane cannot be reached. */
export class ConnectionLost extends Error {
  override readonly name = "ConnectionLost";
  constructor() {
    super("The connection to Paperclip Desktop is lost.");
  }
}

/** Milliseconds until a lost connection is tried again; the last one counts for all further attempts. */
const WAITS_MS = [250, 500, 1_000, 2_000, 5_000];

/** Connects by the window's bridge where there is one, and otherwise over a WebSocket to the host of the page. */
export function createConnection(page: Window): Connection {
  let state: ConnectionState = { kind: "connecting" };
  let link: RPCLink<Record<never, never>> | null = null;
  let timer: number | undefined;
  let connections = 0;
  const listeners = new Set<() => void>();
  const become = (next: ConnectionState) => {
    state = next;
    for (const listener of listeners) listener();
  };
  const open = (socket: RpcSocket) => {
    link = new RPCLink({ websocket: socket });
    connections += 1;
    become({ kind: "open", since: connections });
  };
  const lost = (attempt: number) => {
    link = null;
    become({ kind: "lost", attempt });
    timer = page.setTimeout(() => void connect(attempt), WAITS_MS[Math.min(attempt, WAITS_MS.length) - 1]);
  };
  const connect = async (attempt: number) => {
    page.clearTimeout(timer);
    const admitted = await isAdmitted();
    if (admitted === null) return lost(attempt + 1);
    if (!admitted) return become({ kind: "closed" });
    const socket = new WebSocket(`ws://${page.location.host}/rpc`);
    let opened = false;
    socket.addEventListener("open", () => {
      opened = true;
      open(patientSocket(socket));
    });
    socket.addEventListener("close", () => lost(opened ? 1 : attempt + 1));
  };

  if (page.paperclip) open(bridgeSocket(page.paperclip));
  else void exchange(takeToken(page)).then(() => connect(0));
  return {
    client: createORPCClient(
      new DynamicLink(() => {
        if (link === null) throw new ConnectionLost();
        return link;
      }),
    ),
    state: () => state,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    retry: () => {
      if (state.kind === "lost" || state.kind === "closed") void connect(0);
    },
  };
}

/** The token of the link, taken out of the address and the history at once. Any other fragment is a place of the panel. */
function takeToken(page: Window): string | null {
  const token = new URLSearchParams(page.location.hash.slice(1)).get("token");
  if (token !== null) page.history.replaceState(null, "", page.location.pathname);
  return token;
}

/** Exchanges the token of a link for a session. Whether that worked shows when the session is asked for. */
async function exchange(token: string | null): Promise<void> {
  if (token === null) return;
  try {
    await fetch("/session", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ token }),
    });
  } catch {
    // The host is away; asking for the session says so.
  }
}

/** Whether this browser has a session, or null where the host cannot be asked. */
async function isAdmitted(): Promise<boolean | null> {
  try {
    const { status } = await fetch("/session", { cache: "no-store" });
    if (status === 204) return true;
    return status === 401 ? false : null;
  } catch {
    return null;
  }
}

type RpcSocket = ConstructorParameters<typeof RPCLink>[0]["websocket"];

/**
 * A socket that takes messages after its end and loses them. Streams that are left then still say so, with nobody to catch
 * that it fails; calls that wait are ended by the close event all the same.
 */
function patientSocket(socket: WebSocket): RpcSocket {
  return {
    readyState: WebSocket.OPEN,
    addEventListener: socket.addEventListener.bind(socket),
    removeEventListener: socket.removeEventListener.bind(socket),
    send: (message) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(message);
    },
  };
}

/** The window's bridge with the face of a socket that is open for as long as the page is. */
function bridgeSocket(bridge: Bridge): RpcSocket {
  const target = new EventTarget();
  bridge.onMessage((data) => target.dispatchEvent(new MessageEvent("message", { data })));
  return {
    readyState: WebSocket.OPEN,
    addEventListener: target.addEventListener.bind(target),
    removeEventListener: target.removeEventListener.bind(target),
    send: (message) => {
      // The contract is plain JSON: what the client sends is text.
      if (typeof message === "string") bridge.send(message);
    },
  };
}
