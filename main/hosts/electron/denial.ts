import { app, session } from "electron";
import { isPanelUrl } from "./scheme.ts";

/**
 * What no page may do here, whatever it is: ask for permissions, fetch from elsewhere, download, leave, open windows, embed
 * others. Must be called once the app is ready and before the first window.
 */
export function denyEverything(): void {
  const { defaultSession } = session;
  defaultSession.setPermissionRequestHandler((_contents, _permission, answer) => answer(false));
  defaultSession.setPermissionCheckHandler(() => false);
  defaultSession.setDevicePermissionHandler(() => false);
  defaultSession.setDisplayMediaRequestHandler((_request, answer) => answer(null));
  defaultSession.on("will-download", (event) => event.preventDefault());
  defaultSession.webRequest.onBeforeRequest(({ url }, answer) => answer({ cancel: !mayBeLoaded(url, app.isPackaged) }));
  app.on("web-contents-created", (_event, contents) => {
    contents.on("will-navigate", (event) => event.preventDefault());
    contents.on("will-frame-navigate", (event) => event.preventDefault());
    contents.on("will-redirect", (event) => event.preventDefault());
    contents.on("will-attach-webview", (event) => event.preventDefault());
    contents.setWindowOpenHandler(() => ({ action: "deny" }));
  });
}

/** The panel's own files, and in the source tree the developer tools that come with Electron. */
export function mayBeLoaded(url: string, isPackaged: boolean): boolean {
  return isPanelUrl(url) || (!isPackaged && url.startsWith("devtools://devtools/"));
}
