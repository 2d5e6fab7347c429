import { implementer } from "../contract/implementer.ts";
import type { Notice } from "../../preload/contract/notifications.ts";

/** The calls of the contract's area `notifications`. `follow` is how a subscription becomes a stream. */
export function noticeProcedures(follow: (signal: AbortSignal | undefined) => AsyncGenerator<Notice, void, undefined>) {
  return { follow: implementer.notifications.follow.handler(({ signal }) => follow(signal)) };
}
