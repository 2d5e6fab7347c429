import { spawn } from "node:child_process";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { InstancePaths } from "../../instance/paths.ts";
import { writePrivateFile } from "../../instance/permissions.ts";

/** Whether a browser can be shown on this machine. */
export function hasDisplay(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): boolean {
  if (platform === "darwin" || platform === "win32") return true;
  return Boolean(env["DISPLAY"]) || Boolean(env["WAYLAND_DISPLAY"]);
}

/**
 * Opens a link in the operator's browser. The link lets in whoever comes first, and other users can read the arguments
 * of a process: so the browser is given a private file that leads there. Resolves to false where no browser was started.
 */
export async function launchBrowser(link: string, paths: InstancePaths, platform: NodeJS.Platform): Promise<boolean> {
  const file = path.join(paths.root, "open-panel.html");
  await writePrivateFile(file, redirectPage(link));
  const [program, ...args] = opener(platform, pathToFileURL(file).href);
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: "ignore", detached: true });
    child.once("error", () => resolve(false));
    child.once("spawn", () => {
      child.unref();
      resolve(true);
    });
  });
}

function opener(platform: NodeJS.Platform, url: string): [string, ...string[]] {
  if (platform === "darwin") return ["open", url];
  if (platform === "win32") return ["rundll32", "url.dll,FileProtocolHandler", url];
  return ["xdg-open", url];
}

function redirectPage(link: string): string {
  const safe = link.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
  return [
    "<!doctype html>",
    '<meta charset="utf-8">',
    '<meta name="referrer" content="no-referrer">',
    "<title>Paperclip Desktop</title>",
    `<meta http-equiv="refresh" content="0; url=${safe}">`,
    `<p><a href="${safe}">Open the panel</a></p>`,
    "",
  ].join("\n");
}
