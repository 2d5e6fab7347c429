import { protocol } from "electron";
import { CONTENT_SECURITY_POLICY } from "../content-security.ts";
import { staticFile } from "../static-files.ts";

const SCHEME = "app";
const HOST = "panel";

/** Where the window starts. A scheme of our own instead of `file:`, so that a page has an origin and no other files. */
export const PANEL_URL = `${SCHEME}://${HOST}/`;

/** Must be called before the app is ready. */
export function registerScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ]);
}

/** Serves the panel's files to the window, and nothing else. */
export function serveScheme(rendererDirectory: string): void {
  protocol.handle(SCHEME, async (request) => {
    const { host, pathname } = new URL(request.url);
    if (host !== HOST || request.method !== "GET") return new Response(null, { status: 404 });
    const found = await staticFile(rendererDirectory, pathname);
    if (found.status !== 200) return new Response(null, { status: found.status });
    return new Response(found.body, {
      headers: {
        "content-type": found.type,
        "content-security-policy": CONTENT_SECURITY_POLICY,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
      },
    });
  });
}

/** Whether an address is a page of the panel. */
export function isPanelUrl(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol: scheme, host } = new URL(url);
  return scheme === `${SCHEME}:` && host === HOST;
}
