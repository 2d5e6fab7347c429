import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { errorClasses } from "../../../preload/contract/errors.ts";
import { asRefusal, systemCode } from "../../contract/refusal.ts";
import type { Shell, TakeUpload } from "../../contract/shell.ts";
import type { Clock } from "../../instance/clock.ts";
import type { Admission } from "./admission.ts";
import { end, endWithJson } from "./answers.ts";
import { createFileTickets } from "./file-tickets.ts";
import type { FileTickets } from "./file-tickets.ts";
import { cookieName, cookieOf, SECURITY_HEADERS } from "./requests.ts";

/** Milliseconds that an upload may stand still. */
const STILL_MS = 30_000;

interface Download {
  readonly name: string;
  readonly type: string;
  /** Null where it is not known before the end. */
  readonly bytes: number | null;
  read(): AsyncIterable<string | Uint8Array>;
}

interface Upload {
  readonly take: TakeUpload;
}

/** The files that pages were given leave to fetch, and to send. */
export interface Files {
  readonly downloads: FileTickets<Download>;
  readonly uploads: FileTickets<Upload>;
}

export function openFiles(clock: Clock): Files {
  return { downloads: createFileTickets(clock), uploads: createFileTickets(clock) };
}

interface Place {
  readonly port: number;
  readonly admission: Admission;
  readonly files: Files;
}

/** A browser has no menu and no file manager of ours; it saves by fetching, and its page asks before it is closed. */
export function browserShell(session: string, { downloads, uploads }: Files): Shell {
  return {
    host: "browser",
    openFolder: null,
    onCommand: () => () => undefined,
    noteUnsaved: () => undefined,
    saveText: async ({ name, read }) => ({
      outcome: "download",
      href: downloads.issue(session, { name, type: "text/plain; charset=utf-8", bytes: null, read }),
    }),
    saveBackup: async ({ name, bytes, read }) => ({
      outcome: "download",
      href: downloads.issue(session, { name, type: "application/octet-stream", bytes, read }),
    }),
    incoming: { way: "upload", expect: (take) => uploads.issue(session, { take }) },
  };
}

/** Hands a file to the session that asked for it, a block at a time as the browser takes it. */
export async function answerFile(request: IncomingMessage, response: ServerResponse, ticket: string, place: Place) {
  // Not even HEAD: what looks at the file first would spend the ticket.
  if (request.method !== "GET") return end(response, 405, { allow: "GET" });
  const session = cookieOf(request, cookieName(place.port));
  if (session === null || !place.admission.isCookie(session)) return end(response, 401);
  const file = place.files.downloads.take(ticket, session);
  if (file === "foreign") return end(response, 403);
  if (file === null) return end(response, 404);
  response.writeHead(200, {
    ...SECURITY_HEADERS,
    "content-type": file.type,
    ...(file.bytes === null ? {} : { "content-length": file.bytes }),
    "content-disposition": `attachment; filename="${file.name}"`,
    "cache-control": "no-store",
  });
  try {
    await pipeline(Readable.from(file.read()), response);
  } catch (error) {
    // A browser that cancels its download is no failure.
    if (systemCode(error) !== "ERR_STREAM_PREMATURE_CLOSE") throw error;
  }
}

/**
 * Takes a file from the session that announced it, as it comes. Must be called for a page of this host only. A refusal is
 * answered in the words of the contract.
 */
export async function answerUpload(request: IncomingMessage, response: ServerResponse, ticket: string, place: Place) {
  const session = cookieOf(request, cookieName(place.port));
  if (session === null || !place.admission.isCookie(session)) return end(response, 401);
  const length = request.headers["content-length"];
  if (length === undefined) return end(response, 411, { connection: "close" });
  const upload = place.files.uploads.take(ticket, session);
  if (upload === "foreign") return end(response, 403);
  if (upload === null) return end(response, 404);
  request.setTimeout(STILL_MS, () => request.destroy());
  // What has come whole is looked at next, and nothing moves meanwhile.
  request.once("end", () => request.setTimeout(0));
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  try {
    endWithJson(response, 200, await upload.take(request, Number(length), gone.signal));
  } catch (error) {
    // A page that goes away in the middle is no failure, and nobody is left to be answered.
    if (gone.signal.aborted || (!request.complete && request.destroyed && response.destroyed)) return;
    const refusal = asRefusal(error);
    if (!refusal) throw error;
    // The rest is taken and forgotten: a browser reads an answer once it has sent everything.
    request.resume();
    endWithJson(response, errorClasses[refusal.code], {
      code: refusal.code,
      message: refusal.message,
      next: refusal.data.next ?? null,
    });
  }
}
