import type { ContractClient } from "../../control-plane-port.ts";
import type { Clock } from "../../instance/clock.ts";
import type { TrayStatus } from "./tray.ts";

/** The tray is counted anew at most this often: a busy worker announces a change several times a run. */
const LOOK_MS = 1_000;

/** Tells how the instance is, now and after each change, until `signal` aborts. Null where that cannot be told. */
export async function followTrayStatus(
  client: Pick<ContractClient, "system">,
  clock: Clock,
  signal: AbortSignal,
  tell: (status: TrayStatus | null) => void,
): Promise<void> {
  const look = async () => {
    const status = await client.system.status().catch(() => null);
    if (!signal.aborted) tell(status);
  };
  const changes = await client.system.changes(undefined, { signal });
  // The subscription begins with the first read: what changes while the first count is made is not missed.
  let next = changes.next();
  await look();
  let planned = false;
  for (;;) {
    const { done, value } = await next;
    if (done || signal.aborted) return;
    next = changes.next();
    if (planned || !["runs", "routines", "status", "resync"].includes(value.topic)) continue;
    planned = true;
    const cancel = clock.after(LOOK_MS, () => {
      planned = false;
      void look();
    });
    signal.addEventListener("abort", cancel, { once: true });
  }
}
