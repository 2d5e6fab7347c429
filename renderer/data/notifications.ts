/** What the browser says to notifications of this page; `absent` where it has none. */
export type NotifyPermission = NotificationPermission | "absent";

export function notifyPermission(): NotifyPermission {
  return "Notification" in window ? Notification.permission : "absent";
}

export function mayNotify(): boolean {
  return notifyPermission() === "granted";
}

/** Lets the browser ask the operator. Only after a press: browsers refuse it otherwise. */
export async function askToNotify(): Promise<NotifyPermission> {
  return "Notification" in window ? Notification.requestPermission() : "absent";
}
