import { connect } from "node:net";
import { createORPCClient, ORPCError } from "@orpc/client";
import type { ClientLink } from "@orpc/client";
import { RPCLink } from "@orpc/client/websocket";
import { WebSocket } from "ws";
import { errorText, Refusal } from "../../contract/refusal.ts";
import type { ContractClient } from "../../control-plane-port.ts";
import { MAX_MESSAGE_BYTES } from "./rpc.ts";

/** How long the owner may take to open the instance, its first initialisation included, before a client gives up. */
const OPENING_DEADLINE_MS = 120_000;

/** How long the owner has to answer a goodbye. */
const GOODBYE_MS = 1_000;

export interface ControlConnection {
  readonly client: ContractClient;
  /** Resolves once the connection is gone, whoever ended it. */
  readonly closed: Promise<void>;
  close(): Promise<void>;
}

/**
 * Connects to the owner of an instance. Refuses with `owner_gone` when nobody answers; calls that are pending when the
 * connection breaks end with the same code.
 */
export async function connectToOwner(options: {
  readonly socketPath: string;
  readonly token: string | null;
  readonly signal?: AbortSignal;
}): Promise<ControlConnection> {
  const socket = new WebSocket("ws://localhost/rpc", {
    createConnection: () => connect(options.socketPath),
    handshakeTimeout: OPENING_DEADLINE_MS,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
    ...(options.token === null ? {} : { headers: { authorization: `Bearer ${options.token}` } }),
  });
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  await opened(socket, options.signal);
  socket.on("error", () => socket.terminate());
  return {
    // The link asks for the browser's type of a WebSocket; the one of `ws` differs from it only in options not used.
    client: createORPCClient(guarded(new RPCLink({ websocket: socket as unknown as globalThis.WebSocket }), socket)),
    closed,
    close: async () => {
      socket.close(1000);
      const cut = setTimeout(() => socket.terminate(), GOODBYE_MS);
      await closed;
      clearTimeout(cut);
    },
  };
}

function opened(socket: WebSocket, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const giveUp = () => socket.terminate();
    signal?.addEventListener("abort", giveUp, { once: true });
    socket.once("open", () => {
      signal?.removeEventListener("abort", giveUp);
      resolve();
    });
    socket.once("error", (error) => {
      signal?.removeEventListener("abort", giveUp);
      reject(ownerGone(`The owner of the instance does not answer: ${errorText(error)}.`, error));
    });
  });
}

/** The same link, but a call that fails because the connection is gone says so. */
function guarded(link: ClientLink<Record<never, never>>, socket: WebSocket): ClientLink<Record<never, never>> {
  const explained = (error: unknown): unknown =>
    socket.readyState === WebSocket.OPEN || error instanceof ORPCError
      ? error
      : ownerGone(
          "The owner of the instance ended before it answered; whether the call took effect is not known.",
          error,
        );
  return {
    call: async (path, input, options) => {
      try {
        const answer = await link.call(path, input, options);
        return isStream(answer) ? guardedStream(answer, explained) : answer;
      } catch (error) {
        throw options.signal?.aborted ? error : explained(error);
      }
    },
  };
}

async function* guardedStream(stream: AsyncIterable<unknown>, explained: (error: unknown) => unknown) {
  try {
    yield* stream;
  } catch (error) {
    throw explained(error);
  }
}

function isStream(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}

function ownerGone(message: string, cause: unknown): Refusal {
  return new Refusal(
    "owner_gone",
    message,
    { next: "Look at the state with `paperclip-desktop status`, then try again." },
    cause,
  );
}
