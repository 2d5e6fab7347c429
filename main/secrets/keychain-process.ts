import { randomUUID } from "node:crypto";
import type * as keytarModule from "keytar";
import type { KeychainReport, KeychainRequest } from "./keychain-messages.ts";

/**
 * The entry of the process that speaks to the keychain of the system: one request, one report. It is a process of its
 * own because a keychain may wait for its user without end, in a native call that nothing interrupts: such a call in the
 * main process would keep it from ending. A process can be killed.
 */

type Keytar = typeof keytarModule;

/** The channel of an Electron utility process; absent in a forked Node process. */
interface ParentPort {
  postMessage(message: unknown): void;
  on(event: "message", listener: (event: { data: unknown }) => void): void;
}

const { parentPort } = process as NodeJS.Process & { parentPort?: ParentPort };

async function answer(request: KeychainRequest): Promise<KeychainReport> {
  let keytar: Keytar;
  try {
    keytar = (await import("keytar")).default;
  } catch {
    return { type: "unloaded" };
  }
  try {
    return { type: "done", texts: await perform(keytar, request) };
  } catch (error) {
    return { type: "failed", message: error instanceof Error ? error.message : String(error) };
  }
}

async function perform(keytar: Keytar, request: KeychainRequest): Promise<(string | null)[]> {
  const { service } = request;
  switch (request.type) {
    case "read": {
      const texts: (string | null)[] = [];
      for (const account of request.accounts) texts.push(await keytar.getPassword(service, account));
      if (request.prove && texts.every((text) => text === null)) await proveOpen(keytar, service);
      return texts;
    }
    case "list": {
      const entries = await keytar.findCredentials(service);
      return entries.map(({ account }) => account).filter((account) => account.startsWith(request.prefix));
    }
    case "write":
      await keytar.setPassword(service, request.account, request.text);
      return [];
    case "remove":
      if (!(await keytar.deletePassword(service, request.account))) await proveOpen(keytar, service);
      return [];
  }
}

/**
 * A Secret Service says of a locked keyring, and of one that was never made, that it holds nothing. Only what writes to
 * it is told the truth; so an entry is written and taken away again, and this throws where that cannot be done.
 */
async function proveOpen(keytar: Keytar, service: string): Promise<void> {
  if (process.platform !== "linux") return;
  const account = `probe ${randomUUID()}`;
  await keytar.setPassword(service, account, "This entry asks whether the keyring is open. It can be removed.");
  await keytar.deletePassword(service, account);
}

function report(message: KeychainReport): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port to one process has no origins
  if (parentPort) parentPort.postMessage(message);
  else process.send?.(message);
}

const handle = async (data: unknown) => report(await answer(data as KeychainRequest));

if (parentPort) {
  parentPort.on("message", (event) => void handle(event.data));
} else {
  process.on("message", (data) => void handle(data));
  // Ordinary ways out wait for the native call.
  process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
}
