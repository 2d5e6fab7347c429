import { WebSocket } from "ws";
import type { Shell } from "../../../../main/contract/shell.ts";
import type { BrowserHost } from "../../../../main/hosts/browser/server.ts";

export const originOf = (host: BrowserHost): string => `http://127.0.0.1:${host.port}`;

/** A browser that was let in and has the panel open; `shells` are those that the host accepted, the newest last. */
export async function visit(
  host: BrowserHost,
  shells: readonly Shell[],
): Promise<{ readonly cookie: string; readonly shell: Shell }> {
  const origin = originOf(host);
  const answer = await fetch(`${origin}/session`, {
    method: "POST",
    headers: { origin, "content-type": "application/json" },
    body: JSON.stringify({ token: new URL(host.link()).hash.replace("#token=", "") }),
  });
  const cookie = answer.headers.get("set-cookie")?.split(";")[0] ?? "";
  const { key } = (await answer.json()) as { key: string };
  const socket = new WebSocket(`ws://127.0.0.1:${host.port}/rpc`, ["paperclip", key], { headers: { origin, cookie } });
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  const shell = shells.at(-1);
  if (!shell) throw new Error("the page was not let in");
  return { cookie, shell };
}
