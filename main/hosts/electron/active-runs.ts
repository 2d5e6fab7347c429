import type { ContractClient } from "../../control-plane-port.ts";
import type { Clock } from "../../instance/clock.ts";
import type { ActiveRuns } from "./tray.ts";

/** The tray is counted anew at most this often: a busy worker announces a change several times a run. */
const LOOK_MS = 1_000;

/** Tells how many runs are active, now and after each change, until `signal` aborts. Null while the database is away. */
export async function followActiveRuns(
  client: Pick<ContractClient, "system">,
  clock: Clock,
  signal: AbortSignal,
  tell: (runs: ActiveRuns) => void,
): Promise<void> {
  const look = async () => {
    const runs = await client.system.status().then(
      (status) => status.runs,
      () => null,
    );
    if (!signal.aborted) tell(runs);
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
    if (planned || !["runs", "status", "resync"].includes(value.topic)) continue;
    planned = true;
    const cancel = clock.after(LOOK_MS, () => {
      planned = false;
      void look();
    });
    signal.addEventListener("abort", cancel, { once: true });
  }
}
