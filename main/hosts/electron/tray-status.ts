import type { ContractClient } from "../../control-plane-port.ts";
import type { Clock } from "../../instance/clock.ts";
import { lookAfterChanges } from "./look-after-changes.ts";
import type { TrayStatus } from "./tray.ts";

/** Tells how the instance is, now and after each change, until `signal` aborts. Null where that cannot be told. */
export async function followTrayStatus(
  client: Pick<ContractClient, "system">,
  clock: Clock,
  signal: AbortSignal,
  tell: (status: TrayStatus | null) => void,
): Promise<void> {
  await lookAfterChanges(client, { clock, signal, topics: ["runs", "routines", "status"] }, async () => {
    const status = await client.system.status().catch(() => null);
    if (!signal.aborted) tell(status);
  });
}
