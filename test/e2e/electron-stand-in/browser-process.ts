import { spawn } from "node:child_process";
import { chmod, mkdir } from "node:fs/promises";
import readline from "node:readline";
import { connectToBrowser, type ProtocolClient } from "./protocol-client.ts";

/**
 * Ends the browser when this process is gone, however it ended: the shell reads a pipe whose other end this process
 * holds. A browser of Electron notices by itself.
 */
const GUARD = `"$@" </dev/null & browser=$!; cat >/dev/null; kill -KILL "$browser" 2>/dev/null; wait "$browser" 2>/dev/null; :`;

export interface BrowserProcess {
  /** For other clients, such as Playwright. */
  readonly url: string;
  readonly client: ProtocolClient;
  /** Resolves when the browser has ended. */
  close(): Promise<void>;
}

export interface BrowserCommand {
  readonly executable: string;
  readonly args: readonly string[];
  readonly env: Record<string, string>;
}

/** What the launch fixture hands over: the browser of the tests. */
export function browserCommand(text: string | undefined): BrowserCommand {
  if (text === undefined) throw new Error("ELECTRON_STAND_IN_BROWSER is not set; the launch fixture sets it");
  return JSON.parse(text) as BrowserCommand;
}

/** Starts a browser without a window of its own on a profile directory. */
export async function startBrowser(command: BrowserCommand, profile: string): Promise<BrowserProcess> {
  await mkdir(profile, { recursive: true });
  await chmod(profile, 0o700);
  const args = [
    ...command.args,
    "--headless",
    "--remote-debugging-port=0",
    `--user-data-dir=${profile}`,
    "--no-first-run",
    "--no-startup-window",
    "--disable-background-networking",
    "--disable-component-update",
    "--password-store=basic",
  ];
  const guard = spawn("/bin/sh", ["-c", GUARD, "browser", command.executable, ...args], {
    env: { ...process.env, ...command.env },
    stdio: ["pipe", "ignore", "pipe"],
    detached: true,
  });
  const ended = new Promise<void>((resolve) => guard.once("close", () => resolve()));
  const url = await addressOf(readline.createInterface(guard.stderr));
  const client = await connectToBrowser(url);
  return {
    url,
    client,
    close: async () => {
      guard.stdin.end();
      await ended;
    },
  };
}

function addressOf(lines: readline.Interface): Promise<string> {
  return new Promise((resolve, reject) => {
    const said: string[] = [];
    lines.on("line", (line) => {
      const url = /^DevTools listening on (ws:\/\/\S+)$/.exec(line)?.[1];
      if (url === undefined) said.push(line);
      else resolve(url);
    });
    lines.once("close", () => reject(new Error(`the browser did not start: ${said.join("\n")}`)));
  });
}
