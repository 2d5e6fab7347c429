import { ORPCError } from "@orpc/client";
import { ConnectionLost } from "./transport.ts";

interface Said {
  readonly file?: string;
  readonly code?: string;
  readonly message?: string;
  readonly next?: string | null;
}

/**
 * Sends a file to an address that the control plane gave for it, and answers with the name under which it was taken. Throws
 * what is said against it as the control plane's calls do.
 */
export async function sendFile(href: string, file: Blob): Promise<string> {
  const headers = { "content-type": "application/octet-stream" };
  const answer = await fetch(href, { method: "PUT", headers, body: file }).catch(() => {
    throw new ConnectionLost();
  });
  const said = (await answer.json().catch(() => ({}))) as Said;
  if (answer.ok && said.file !== undefined) return said.file;
  if (said.code === undefined) throw new Error(`The file was not taken: the host answered with ${answer.status}.`);
  const { code, message = "", next } = said;
  throw new ORPCError(code, { defined: true, message, data: next ? { next } : {} });
}
