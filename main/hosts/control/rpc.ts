import { RPCHandler } from "@orpc/server/ws";
import type { CallContext } from "../../contract/implementer.ts";
import type { Shell } from "../../contract/shell.ts";
import type { ContractRouter } from "../../control-plane-port.ts";

/** What a connection must be able to do; a WebSocket is one, and the window's channel is made into one. */
export type RpcSocket = Parameters<RPCHandler<CallContext>["upgrade"]>[0];

/** Bytes of one message at most. The largest input of the contract is a routine: its text, and an env of 500 values. */
export const MAX_MESSAGE_BYTES = 48 * 1024 * 1024;

/**
 * Serves connections with one router. The answer takes a socket, the way in that it came by, and what shows the panel there.
 */
export function rpcServer(
  router: ContractRouter,
  reportUnexpected: CallContext["reportUnexpected"],
): (socket: RpcSocket, host: CallContext["host"], shell?: Shell) => void {
  const handler = new RPCHandler<CallContext>(router);
  return (socket, host, shell) =>
    void handler.upgrade(socket, { context: { host, reportUnexpected, ...(shell ? { shell } : {}) } });
}
