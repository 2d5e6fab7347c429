import type { Change } from "../../../preload/contract/system.ts";
import type { ContractClient } from "../../control-plane-port.ts";
import type { Clock } from "../../instance/clock.ts";

/** Looked anew at most this often, in milliseconds: a busy worker announces a change several times a run. */
const LOOK_MS = 1_000;

export interface Looking {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** What is looked after; also whenever changes may have been missed. */
  readonly topics: readonly Change["topic"][];
}

/** Looks now and after each change of the topics, many of them at once, until `signal` aborts. */
export async function lookAfterChanges(
  client: Pick<ContractClient, "system">,
  { clock, signal, topics }: Looking,
  look: () => Promise<void>,
): Promise<void> {
  const changes = await client.system.changes(undefined, { signal });
  // The subscription begins with the first read: what changes while the first look is taken is not missed.
  let next = changes.next();
  await look();
  let planned = false;
  for (;;) {
    const { done, value } = await next;
    if (done || signal.aborted) return;
    next = changes.next();
    if (planned || !(value.topic === "resync" || topics.includes(value.topic))) continue;
    planned = true;
    const cancel = clock.after(LOOK_MS, () => {
      planned = false;
      void look();
    });
    signal.addEventListener("abort", cancel, { once: true });
  }
}
