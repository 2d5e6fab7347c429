import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { statementFailure } from "../../database/statement-failure.ts";
import { createGate, type Gate } from "./gate.ts";
import type { Received, Verdict } from "./receive.ts";

const ADDRESS = "127.0.0.1";
/** `/hooks/` and the public id of a trigger: 12 bytes in hex. */
const PATH = /^\/hooks\/([0-9a-f]{24})$/;
/** Bytes that the body of a delivery may have. */
const MOST_BODY_BYTES = 1024 * 1024;
/** Of a larger one so much is read and thrown away, so that its sender gets to the answer. */
const MOST_READ_BYTES = 16 * MOST_BODY_BYTES;
const MOST_HEADER_BYTES = 16 * 1024;
const MOST_CONNECTIONS = 64;
/** Deliveries that are judged at once: each takes a connection of the database, and there are others who need one. */
const [AT_ONCE, WAITING] = [3, 48];

export interface ListenerOptions {
  readonly port: number;
  /** Judges a delivery; null where nothing is known by its address. */
  readonly receive: (received: Received) => Promise<Verdict | null>;
  /** Something was posted to an address that no webhook has. */
  readonly noteUnknown: () => void;
  readonly reportUnexpected: (error: unknown) => void;
  /** Milliseconds that a request may take to arrive. */
  readonly requestMs?: number;
}

export interface Listener {
  close(): Promise<void>;
}

/**
 * Listens for deliveries on 127.0.0.1. Rejects with the system's error where the port cannot be used. Whoever is slow, sends too
 * much or comes in too great numbers is turned away, and nothing that comes in keeps the owner from its work.
 */
export async function listenForWebhooks(options: ListenerOptions): Promise<Listener> {
  const { port, requestMs = 10_000 } = options;
  const gate = createGate(AT_ONCE, WAITING);
  const server = createServer(
    {
      maxHeaderSize: MOST_HEADER_BYTES,
      headersTimeout: requestMs,
      requestTimeout: requestMs,
      keepAliveTimeout: 5_000,
      connectionsCheckingInterval: Math.min(1_000, requestMs),
    },
    (request, response) => {
      answer(request, response, { ...options, gate }).catch((error: unknown) => {
        // A sender that went away is no failure.
        if (!response.headersSent && !request.destroyed) options.reportUnexpected(error);
        response.destroy();
      });
    },
  );
  server.maxConnections = MOST_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, host: ADDRESS, exclusive: true }, () => {
      server.off("error", reject);
      resolve();
    });
  });
  server.on("error", options.reportUnexpected);
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { port, gate, receive, noteUnknown, reportUnexpected }: ListenerOptions & { readonly gate: Gate },
): Promise<void> {
  const { headers } = request;
  // A page that had its own name pointed to 127.0.0.1 names itself here; a browser names the page a request comes from.
  if (headers.host !== `${ADDRESS}:${port}` && headers.host !== `localhost:${port}`) {
    return end(response, 421, problem("wrong_host", "The header Host names another place."));
  }
  if (headers.origin !== undefined) return end(response, 403, problem("from_page", "Pages may not send webhooks."));
  const publicId = PATH.exec((request.url ?? "").split("?")[0] ?? "")?.[1];
  if (publicId === undefined) {
    if (request.method === "POST") noteUnknown();
    return end(response, 404, NOBODY);
  }
  if (request.method !== "POST") {
    return end(response, 405, problem("method", "A webhook is sent by POST."), { allow: "POST" });
  }
  const { body, bodyBytes } = await readBody(request);
  try {
    const received: Received = {
      publicId,
      headers,
      body,
      bodyBytes,
      sourceAddress: request.socket.remoteAddress ?? null,
      test: headers["x-paperclip-test"] !== undefined,
    };
    const judged = await gate.pass(async () => ({ verdict: await receive(received) }));
    if (judged === null) {
      return end(response, 503, problem("busy", "Too many deliveries at once."), { "retry-after": "1" });
    }
    const close = body === null ? { connection: "close" } : {};
    if (judged.verdict === null) {
      noteUnknown();
      return end(response, 404, NOBODY, close);
    }
    const status = received.test ? testStatus(judged.verdict) : judged.verdict.status;
    const later = status === 503 ? { "retry-after": RETRY_AFTER_SECONDS } : {};
    return end(response, status, said(judged.verdict), { ...close, ...later });
  } catch (error) {
    if (statementFailure(error) === null) {
      reportUnexpected(error);
      return end(response, 500, problem("unexpected", "The delivery could not be taken."));
    }
    const why = "The delivery could not be written down; nothing was started.";
    return end(response, 503, problem("database_unavailable", why), { "retry-after": "10" });
  }
}

/** The whole body, or null where it is too large. `bodyBytes` is what was read or announced, 2 GiB at most. */
async function readBody(request: IncomingMessage): Promise<Pick<Received, "body" | "bodyBytes">> {
  const announced = Math.min(Number(request.headers["content-length"] ?? 0), MOST_BYTES_TOLD);
  let chunks: Buffer[] = [];
  let bodyBytes = 0;
  if (announced > MOST_READ_BYTES) return { body: null, bodyBytes: announced };
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bodyBytes += chunk.length;
    if (bodyBytes > MOST_READ_BYTES) break;
    if (bodyBytes > MOST_BODY_BYTES) chunks = [];
    else chunks.push(chunk);
  }
  return { body: bodyBytes > MOST_BODY_BYTES ? null : Buffer.concat(chunks), bodyBytes };
}

/** An operator has to unlock, resume or release something first. */
const RETRY_AFTER_SECONDS = "300";

const MOST_BYTES_TOLD = 2_147_483_647;

const NOBODY = problem("unknown", "No webhook has this address.");

function problem(code: string, message: string) {
  return { error: { code, message } };
}

/** A test that would start a run is no start of one. */
const testStatus = ({ status }: Verdict): number => (status === 202 ? 200 : status);

/** Of a proof it is said only that it does not hold, and of a key only that it could not be read. */
function said({ status, outcome, code, reason, run }: Verdict) {
  if (status === 401) return problem("proof_refused", "The proof of this delivery is missing or does not hold.");
  if (status === 503) return problem("unavailable", "The delivery cannot be taken at present.");
  if (outcome === "refused") return problem(code ?? "refused", reason);
  return { outcome, run: run === null ? null : { id: run.runId, status: run.status } };
}

function end(
  response: ServerResponse,
  status: number,
  content: object,
  headers: Readonly<Record<string, string>> = {},
): void {
  const text = `${JSON.stringify(content)}\n`;
  response.writeHead(status, {
    "content-type": "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(text),
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    ...headers,
  });
  response.end(text);
}
