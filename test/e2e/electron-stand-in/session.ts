import { EventEmitter } from "node:events";
import type { CallbackResponse, OnBeforeRequestListenerDetails, Protocol, Session } from "electron";

type RequestListener = (
  details: OnBeforeRequestListenerDetails,
  callback: (response: CallbackResponse) => void,
) => void;
type SchemeHandler = (request: Request) => Promise<Response> | Response;

/** What a request of a page comes to. */
export type Verdict =
  | { readonly kind: "answered"; readonly response: Response }
  | { readonly kind: "refused" }
  | { readonly kind: "passed" };

/** Where pages of an own scheme live in the stand-in: Chromium knows no such scheme unless it is built in. */
const HOSTS = ".stand-in.invalid";

/** `app://panel/x` as `https://panel.app.stand-in.invalid/x`. */
export function outward(url: string): string {
  const { protocol, host, pathname, search, hash } = new URL(url);
  if (/^(https?|data|about|blob|file|devtools):$/.test(protocol)) return url;
  return `https://${host}.${protocol.slice(0, -1)}${HOSTS}${pathname}${search}${hash}`;
}

/** The way back. */
export function inward(url: string): string {
  if (!URL.canParse(url)) return url;
  const { host, pathname, search, hash } = new URL(url);
  if (!host.endsWith(HOSTS)) return url;
  const [name = "", scheme = ""] = host.slice(0, -HOSTS.length).split(".");
  return `${scheme}://${name}${pathname}${search}${hash}`;
}

/** The one session: answers for the app's own scheme, asks its listener about requests, and records what it cannot enforce. */
export class StandInSession
  extends EventEmitter
  implements
    Pick<
      Session,
      | "setPermissionCheckHandler"
      | "setPermissionRequestHandler"
      | "setDevicePermissionHandler"
      | "setDisplayMediaRequestHandler"
    >
{
  readonly #handlers = new Map<string, SchemeHandler>();
  #onBeforeRequest: RequestListener | null = null;

  readonly webRequest = {
    onBeforeRequest: (listener: RequestListener): void => {
      this.#onBeforeRequest = listener;
    },
  };

  readonly protocol: Pick<Protocol, "handle" | "registerSchemesAsPrivileged"> = {
    registerSchemesAsPrivileged: () => undefined,
    handle: (scheme, handler) => void this.#handlers.set(scheme, handler as SchemeHandler),
  };

  setPermissionRequestHandler(): void {}

  setPermissionCheckHandler(): void {}

  setDevicePermissionHandler(): void {}

  setDisplayMediaRequestHandler(): void {}

  /** What becomes of a request for an address as the app knows it. */
  async judge(url: string, method: string): Promise<Verdict> {
    const listener = this.#onBeforeRequest;
    if (listener) {
      const { cancel } = await new Promise<CallbackResponse>((resolve) => {
        // A listener of this app looks at the address and the method.
        listener({ url, method } as OnBeforeRequestListenerDetails, resolve);
      });
      if (cancel === true) return { kind: "refused" };
    }
    const handler = this.#handlers.get(new URL(url).protocol.slice(0, -1));
    if (!handler) return { kind: "passed" };
    return { kind: "answered", response: await handler(new Request(url, { method })) };
  }
}
