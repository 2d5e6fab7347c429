import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import type { WebSocket } from "ws";
import { z } from "zod";
import { Refusal, systemCode } from "../../contract/refusal.ts";
import type { Shell } from "../../contract/shell.ts";
import type { Clock } from "../../instance/clock.ts";
import { MAX_MESSAGE_BYTES } from "../control/rpc.ts";
import { staticFile } from "../static-files.ts";
import { createAdmission } from "./admission.ts";
import type { Admission } from "./admission.ts";
import { answerFile, answerUpload, browserShell, openFiles } from "./files.ts";
import type { Files } from "./files.ts";
import { end } from "./answers.ts";
import { FILES } from "./file-tickets.ts";
import { cookieName, cookieOf, isOwnHost, isOwnOrigin, keyOf, SECURITY_HEADERS, sessionCookie } from "./requests.ts";

const ADDRESS = "127.0.0.1";
const DEFAULT_PORT = 3100;
/** How many ports are tried when none was asked for. */
const PORTS_TRIED = 50;
/** A token is 43 characters; this leaves room for the JSON around it. */
const MAX_BODY_BYTES = 1_024;
const MOST_CONNECTIONS = 100;
/** With those that nobody was asked about yet: whoever may connect on this machine must not use up its files. */
const MOST_SOCKETS = 500;
/** Milliseconds that a request may take to arrive. */
const REQUEST_MS = 10_000;

export interface BrowserHost {
  readonly port: number;
  /** A fresh link to the panel, good once and for ten minutes. Its token stands in the fragment, which is never sent. */
  link(): string;
  close(): Promise<void>;
}

export interface BrowserHostOptions {
  /** Taken as it is, and refused when it is in use; without it the first free one from 3100. 0 is any. */
  readonly port?: number;
  /** Where the built panel lies. */
  readonly rendererDirectory: string;
  readonly clock: Clock;
  /** Serves the calls of an admitted page; `shell` is what this host can do for it. */
  accept(socket: WebSocket, shell: Shell): void;
  reportUnexpected(error: unknown, where: string): void;
}

/** Serves the panel on loopback to browsers of this machine that were given a link. */
export async function serveBrowser(options: BrowserHostOptions): Promise<BrowserHost> {
  const admission = createAdmission(options.clock);
  const files = openFiles(options.clock);
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false });
  // Node's own limit knows one time for all requests; an upload may take longer, as long as it goes on.
  const server = createServer({ requestTimeout: 0, headersTimeout: REQUEST_MS });
  server.maxConnections = MOST_SOCKETS;
  const port = await listen(server, options.port);
  server.on("request", (request, response) => {
    if (!isUpload(request)) {
      const cancel = options.clock.after(REQUEST_MS, () => {
        if (!request.complete) request.destroy();
      });
      request.once("close", cancel);
    }
    answer(request, response, { port, admission, files, root: options.rendererDirectory }).catch((error: unknown) => {
      options.reportUnexpected(error, "browser");
      if (!response.headersSent) end(response, 500);
      else response.destroy();
    });
  });
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", () => socket.destroy());
    const refused = judgeUpgrade(request, port, admission, sockets.clients.size);
    const session = cookieOf(request, cookieName(port));
    if (refused !== null || session === null) {
      // Ended on this side alone it would stay for as long as the other side likes.
      socket.once("finish", () => socket.destroy());
      socket.end(`HTTP/1.1 ${refused ?? "401 Unauthorized"}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (connection) => {
      connection.on("error", () => connection.terminate());
      options.accept(connection, browserShell(session, files));
    });
  });
  return {
    port,
    link: () => `http://${ADDRESS}:${port}/#token=${admission.createLink()}`,
    close: async () => {
      const stopped = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const connection of sockets.clients) connection.terminate();
      server.closeAllConnections();
      await stopped;
    },
  };
}

async function listen(server: Server, requested: number | undefined): Promise<number> {
  const ports =
    requested === undefined ? Array.from({ length: PORTS_TRIED }, (_, at) => DEFAULT_PORT + at) : [requested];
  for (const port of ports) {
    try {
      return await listenAt(server, port);
    } catch (error) {
      if (systemCode(error) !== "EADDRINUSE" && systemCode(error) !== "EACCES") throw error;
    }
  }
  const which =
    requested === undefined
      ? `no port from ${ports[0]} to ${ports.at(-1)} is free`
      : `port ${requested} cannot be used`;
  throw new Refusal("not_available", `The panel is not served: ${which}.`, {
    next: "Choose a free port with --port N, or leave it out.",
  });
}

function listenAt(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, ADDRESS, () => {
      server.off("error", reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

interface Place {
  readonly port: number;
  readonly admission: Admission;
  readonly files: Files;
  readonly root: string;
}

async function answer(request: IncomingMessage, response: ServerResponse, place: Place): Promise<void> {
  if (!isOwnHost(request, place.port)) return end(response, 421);
  const [requestPath = "/"] = (request.url ?? "/").split("?");
  if (requestPath === "/session") return answerSession(request, response, place);
  if (requestPath.startsWith(FILES)) {
    const ticket = requestPath.slice(FILES.length);
    if (!isUpload(request)) return answerFile(request, response, ticket, place);
    if (!isOwnOrigin(request, place.port)) return end(response, 403);
    return answerUpload(request, response, ticket, place);
  }
  if (request.method !== "GET" && request.method !== "HEAD") return end(response, 405, { allow: "GET, HEAD" });
  const found = await staticFile(place.root, requestPath);
  if (found.status !== 200) return end(response, found.status);
  response.writeHead(200, {
    ...SECURITY_HEADERS,
    "content-type": found.type,
    "content-length": found.body.length,
    // The names of the assets change with their content; the page itself is asked for anew each time.
    "cache-control": requestPath.startsWith("/assets/") ? "private, max-age=31536000, immutable" : "no-store",
  });
  response.end(request.method === "HEAD" ? undefined : found.body);
}

/** `GET` tells whether there is a session; `POST` exchanges the token of a link for one. */
async function answerSession(request: IncomingMessage, response: ServerResponse, place: Place): Promise<void> {
  if (request.method === "GET") return end(response, hasSession(request, place) ? 204 : 401);
  if (request.method !== "POST") return end(response, 405, { allow: "GET, POST" });
  if (!isOwnOrigin(request, place.port)) return end(response, 403);
  if (!/^application\/json(;|$)/i.test(request.headers["content-type"] ?? "")) return end(response, 415);
  const body = await readBody(request);
  if (body === null) return end(response, 413, { connection: "close" });
  const token = tokenIn(body);
  const session = token === null ? null : place.admission.exchange(token);
  if (session === null) return end(response, 403);
  const answer = JSON.stringify({ key: session.key });
  response.writeHead(200, {
    ...SECURITY_HEADERS,
    "content-type": "application/json; charset=utf-8",
    "content-length": answer.length,
    "cache-control": "no-store",
    "set-cookie": sessionCookie(place.port, session.cookie),
  });
  response.end(answer);
}

const sessionRequest = z.strictObject({ token: z.string().min(1).max(200) });

function tokenIn(body: string): string | null {
  try {
    return sessionRequest.parse(JSON.parse(body)).token;
  } catch {
    return null;
  }
}

/** The body as text, or null where it is too long. */
async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes > MAX_BODY_BYTES) return null;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function hasSession(request: IncomingMessage, { port, admission }: Pick<Place, "port" | "admission">): boolean {
  const cookie = cookieOf(request, cookieName(port));
  return cookie !== null && admission.isSession({ cookie, key: keyOf(request) });
}

/** Why a connection is refused, as the status line of the answer, or null where it may come in. */
function judgeUpgrade(request: IncomingMessage, port: number, admission: Admission, connected: number): string | null {
  if (!isOwnHost(request, port)) return "421 Misdirected Request";
  if (!isOwnOrigin(request, port)) return "403 Forbidden";
  if (!hasSession(request, { port, admission })) return "401 Unauthorized";
  if (request.url !== "/rpc") return "404 Not Found";
  return connected >= MOST_CONNECTIONS ? "503 Service Unavailable" : null;
}

function isUpload({ method, url = "" }: IncomingMessage): boolean {
  return method === "PUT" && url.startsWith(FILES);
}
