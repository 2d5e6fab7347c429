import { Notification } from "electron";
import type { ContractClient } from "../../control-plane-port.ts";

/** Notifications that can still be pressed; further ones take the place of the oldest. */
const MOST = 20;

/**
 * Shows what is worth a notification until `signal` aborts, where the desktop has notifications. `open` goes to the place of
 * one that was pressed.
 */
export async function followNotices(
  client: Pick<ContractClient, "notifications">,
  signal: AbortSignal,
  open: (to: string, company: string) => void,
): Promise<void> {
  if (!Notification.isSupported()) return;
  // One that nobody holds is forgotten by the process, and its click with it.
  const shown = new Map<string, Notification>();
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
}
