import type { IncomingMessage } from "node:http";
import { CONTENT_SECURITY_POLICY } from "../content-security.ts";

/** The headers of every answer. There are none for other origins: no page but our own may read one. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": CONTENT_SECURITY_POLICY,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "x-frame-options": "DENY",
};

type Headers = Pick<IncomingMessage, "headers">;

/**
 * Whether a request was sent to this machine by name. A page that had its own name pointed to 127.0.0.1 (DNS rebinding)
 * names itself here.
 */
export function isOwnHost({ headers }: Headers, port: number): boolean {
  return headers.host === `127.0.0.1:${port}` || headers.host === `localhost:${port}`;
}

/** Whether a request comes from a page of this very host. A browser sends the header with every POST and upgrade. */
export function isOwnOrigin({ headers }: Headers, port: number): boolean {
  return isOwnHost({ headers }, port) && headers.origin === `http://${headers.host}`;
}

/** The value of a cookie, or null. The name holds the port, since cookies of one host are shared by all its ports. */
export function cookieOf({ headers }: Headers, name: string): string | null {
  for (const part of (headers.cookie ?? "").split(";")) {
    const at = part.indexOf("=");
    if (at > 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim();
  }
  return null;
}

/** The header in which a page shows its key. */
const KEY_HEADER = "paperclip-key";
/** The protocol of a connection. A page can send no header with it, so the key is named as the second protocol. */
const PROTOCOL = "paperclip";

/** The key that a page shows with a request or a connection; empty where it shows none. */
export function keyOf({ headers }: Headers): string {
  const [protocol, key] = (headers["sec-websocket-protocol"] ?? "").split(",").map((part) => part.trim());
  return String((protocol === PROTOCOL ? key : headers[KEY_HEADER]) ?? "");
}

export function cookieName(port: number): string {
  return `paperclip_${port}`;
}

export function sessionCookie(port: number, cookie: string): string {
  return `${cookieName(port)}=${cookie}; Path=/; HttpOnly; SameSite=Strict`;
}
