import { chmod, unlink } from "node:fs/promises";
import { createServer } from "node:http";
import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import type { WebSocket } from "ws";
import { systemCode } from "../../contract/refusal.ts";
import { MAX_MESSAGE_BYTES } from "./rpc.ts";
import { sameToken } from "./token.ts";

/** How long a client has to answer the goodbye before its connection is cut. */
const GOODBYE_MS = 1_000;

export interface ControlServer {
  /** Serves connections from now on. Those that came earlier were kept waiting and are served first. */
  accept(serve: (socket: WebSocket) => void): void;
  /** Turns away who comes from now on: the instance is being closed. Who is connected stays. */
  refuseNewcomers(): void;
  /** Clients that are connected or wait to be. */
  connections(): number;
  /** Resolves when no client is connected; at once where none is. */
  drained(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Listens on the control socket of an instance: a unix socket (mode 0600) or a Windows pipe. The caller owns the
 * instance, so a socket file that is left there belongs to nobody. With a `token`, clients must present it.
 */
export async function listenForControl(options: {
  readonly socketPath: string;
  readonly token: string | null;
}): Promise<ControlServer> {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false });
  const open = new Set<Duplex>();
  /** Those of `open` that nobody serves yet. */
  const waiting = new Set<Duplex>();
  const waitingForNone: (() => void)[] = [];
  let refusing = false;
  let accept: (serve: (socket: WebSocket) => void) => void = () => undefined;
  const ready = new Promise<(socket: WebSocket) => void>((resolve) => (accept = resolve));

  const server = createServer((_request, response) => {
    response.writeHead(426, { "content-type": "text/plain", connection: "close" });
    response.end("This is the control socket of Paperclip Desktop. Use its command line.\n");
  });
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    open.add(socket);
    socket.on("error", () => socket.destroy());
    socket.once("close", () => {
      open.delete(socket);
      waiting.delete(socket);
      if (open.size === 0) for (const tell of waitingForNone.splice(0)) tell();
    });
    if (refusing) return turnAway(socket, "503 Service Unavailable");
    if (!mayEnter(request, options.token)) return turnAway(socket, "401 Unauthorized");
    waiting.add(socket);
    void ready.then((serve) => {
      if (!waiting.delete(socket)) return;
      sockets.handleUpgrade(request, socket, head, (connection) => {
        connection.on("error", () => connection.terminate());
        serve(connection);
      });
    });
  });
  await listen(server, options.socketPath);

  return {
    accept: (serve) => accept(serve),
    refuseNewcomers: () => void (refusing = true),
    connections: () => open.size,
    drained: () => (open.size === 0 ? Promise.resolve() : new Promise((resolve) => waitingForNone.push(resolve))),
    close: async () => {
      const stopped = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of waiting) socket.destroy();
      for (const connection of sockets.clients) connection.close(1001);
      const cut = setTimeout(() => {
        for (const socket of open) socket.destroy();
      }, GOODBYE_MS);
      server.closeAllConnections();
      await stopped;
      clearTimeout(cut);
    },
  };
}

function turnAway(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`);
}

function mayEnter(request: IncomingMessage, token: string | null): boolean {
  if (request.url !== "/rpc") return false;
  return token === null || sameToken(request.headers.authorization ?? "", `Bearer ${token}`);
}

async function listen(server: Server, socketPath: string): Promise<void> {
  const attempt = () =>
    new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(socketPath, () => {
        server.off("error", reject);
        resolve();
      });
    });
  try {
    await attempt();
  } catch (error) {
    if (systemCode(error) !== "EADDRINUSE" || process.platform === "win32") throw error;
    await unlink(socketPath);
    await attempt();
  }
  if (process.platform !== "win32") await chmod(socketPath, 0o600);
}
