import { ORPCError } from "@orpc/client";
import { ConnectionLost } from "./transport.ts";

interface Said {
  readonly file?: string;
  readonly code?: string;
  readonly message?: string;
  readonly next?: string | null;
}

export interface Sending {
  /** Aborted, it gives the file up; nothing of it is left on the other side. */
  readonly signal: AbortSignal;
  /** Told how many bytes have gone. */
  readonly onProgress: (sent: number) => void;
}

/**
 * Sends a file to an address that the control plane gave for it, and answers with the name under which it was taken; null where
 * it was given up. Throws what is said against it as the control plane's calls do.
 */
export async function sendFile(href: string, file: Blob, sending: Sending): Promise<string | null> {
  const answer = await put(href, file, sending);
  if (answer === null) return null;
  const said = saidIn(answer.text);
  if (answer.status === 200 && said.file !== undefined) return said.file;
  if (said.code === undefined) throw new Error(`The file was not taken: the host answered with ${answer.status}.`);
  const { code, message = "", next } = said;
  throw new ORPCError(code, { defined: true, message, data: next ? { next } : {} });
}

/** A request of the older kind: the newer one does not tell how far an upload is. */
function put(
  href: string,
  file: Blob,
  { signal, onProgress }: Sending,
): Promise<{ readonly status: number; readonly text: string } | null> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return resolve(null);
    const request = new XMLHttpRequest();
    request.open("PUT", href);
    request.setRequestHeader("content-type", "application/octet-stream");
    request.upload.addEventListener("progress", ({ loaded }) => onProgress(Math.min(loaded, file.size)));
    request.addEventListener("load", () => resolve({ status: request.status, text: request.responseText }));
    request.addEventListener("error", () => reject(new ConnectionLost()));
    request.addEventListener("abort", () => resolve(null));
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.send(file);
  });
}

function saidIn(text: string): Said {
  try {
    return JSON.parse(text) as Said;
  } catch {
    return {};
  }
}
