import { createORPCClient, DynamicLink } from "@orpc/client";
import { RPCLink } from "@orpc/client/websocket";
import type { ContractRouterClient } from "@orpc/contract";
import type { Contract } from "../../preload/contract/contract.ts";
import { readStoredText, storedName, writeStored } from "./stored.ts";

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
 * itself. `since` counts the connections, and each time that what is behind one was exchanged, as by a restore, so that what
 * listens can listen anew.
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
  /** What is behind the connection is another now: what listens must listen anew. */
  renew(): void;
}

/** A call that could not be made, because the control plane cannot be reached. */
export class ConnectionLost extends Error {
  override readonly name = "ConnectionLost";
  constructor() {
    super("The connection to Paperclip Desktop is lost.");
  }
}

/**
 * The name under which this browser keeps the key of its session. Alone it opens nothing: the other half is the cookie, which
 * no page can read, but which every port of this machine is sent.
 */
const KEY = "key";

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
  let given = "";
  const enter = async () => {
    const key = await exchange(takeToken(page));
    if (key === null) return;
    given = key;
    writeStored(KEY, key);
  };
  const connect = async (attempt: number) => {
    page.clearTimeout(timer);
    // Another tab may have been let in since.
    const key = storedKey() ?? given;
    const admitted = await isAdmitted(key);
    if (admitted === null) return lost(attempt + 1);
    if (!admitted) return become({ kind: "closed" });
    const socket = new WebSocket(`ws://${page.location.host}/rpc`, ["paperclip", key]);
    let opened = false;
    socket.addEventListener("open", () => {
      opened = true;
      open(patientSocket(socket));
    });
    socket.addEventListener("close", () => lost(opened ? 1 : attempt + 1));
  };

  const retry = () => {
    if (state.kind === "lost" || state.kind === "closed") void connect(0);
  };

  if (page.paperclip) open(bridgeSocket(page.paperclip));
  else {
    void enter().then(() => connect(0));
    // What another tab was let in with lets this one in as well.
    page.addEventListener("storage", ({ key }) => {
      if (key === storedName(KEY)) retry();
    });
    // A link that is put into the address of a page that is open changes the fragment alone and loads nothing.
    page.addEventListener("popstate", () => {
      if (hasToken(page)) void enter().then(retry);
    });
  }
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
    retry,
    renew: () => {
      if (state.kind !== "open") return;
      connections += 1;
      become({ kind: "open", since: connections });
    },
  };
}

/** The key that this browser keeps, unless something else stands in its place. */
function storedKey(): string | null {
  return readStoredText(KEY)?.match(/^[\w-]+$/)?.[0] ?? null;
}

function hasToken(page: Window): boolean {
  return new URLSearchParams(page.location.hash.slice(1)).has("token");
}

/** The token of the link, taken out of the address and the history at once. Any other fragment is a place of the panel. */
function takeToken(page: Window): string | null {
  const token = new URLSearchParams(page.location.hash.slice(1)).get("token");
  if (token !== null) page.history.replaceState(null, "", page.location.pathname);
  return token;
}

/** Exchanges the token of a link for a session, and answers with its key; null where there is none for it. */
async function exchange(token: string | null): Promise<string | null> {
  if (token === null) return null;
  try {
    const answer = await fetch("/session", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ token }),
    });
    if (!answer.ok) return null;
    const { key } = (await answer.json()) as { key: string };
    return key;
  } catch {
    // The host is away; asking for the session says so.
    return null;
  }
}

/** Whether this browser has a session, or null where the host cannot be asked. */
async function isAdmitted(key: string): Promise<boolean | null> {
  try {
    const { status } = await fetch("/session", { cache: "no-store", headers: { "paperclip-key": key } });
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
