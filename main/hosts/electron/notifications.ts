import { Notification } from "electron";
import type { ContractClient } from "../../control-plane-port.ts";
import type { Clock } from "../../instance/clock.ts";

/** Notifications that can still be pressed; further ones take the place of the oldest. */
const MOST = 20;

/** Milliseconds after which notices are followed anew where the stream of them ended. */
const AGAIN_MS = 1_000;

/**
 * Shows what is worth a notification until `signal` aborts, where the desktop has notifications. `open` goes to the place of
 * one that was pressed.
 */
export async function followNotices(
  client: Pick<ContractClient, "notifications">,
  clock: Clock,
  signal: AbortSignal,
  open: (to: string, company: string) => void,
): Promise<void> {
  if (!Notification.isSupported()) return;
  // One that nobody holds is forgotten by the process, and its click with it.
  const shown = new Map<string, Notification>();
  while (!signal.aborted) {
    for await (const { tag, title, body, to, companyId } of await client.notifications.follow(undefined, { signal })) {
      if (signal.aborted) return;
      shown.get(tag)?.close();
      const notification = new Notification({ title, body });
      notification.on("click", () => open(to, companyId));
      shown.delete(tag);
      shown.set(tag, notification);
      for (const [oldest] of shown) if (shown.size > MOST) shown.delete(oldest);
      notification.show();
    }
    // A restore ended it. Asked for anew, it waits for the database that comes after.
    await new Promise<void>((resolve) => {
      const cancel = clock.after(AGAIN_MS, resolve);
      signal.addEventListener("abort", () => (cancel(), resolve()), { once: true });
      if (signal.aborted) resolve();
    });
  }
}
