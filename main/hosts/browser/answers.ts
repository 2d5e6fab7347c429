import type { ServerResponse } from "node:http";
import { SECURITY_HEADERS } from "./requests.ts";

/** Ends an answer that has no body. */
export function end(response: ServerResponse, status: number, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(status, { ...SECURITY_HEADERS, "cache-control": "no-store", ...lengthOf(status), ...headers });
  response.end();
}

/** 204 has no body and may not name its length. */
function lengthOf(status: number): Record<string, number> {
  return status === 204 ? {} : { "content-length": 0 };
}

export function endWithJson(response: ServerResponse, status: number, body: unknown): void {
  const text = Buffer.from(JSON.stringify(body));
  response.writeHead(status, {
    ...SECURITY_HEADERS,
    "content-type": "application/json; charset=utf-8",
    "content-length": text.length,
    "cache-control": "no-store",
  });
  response.end(text);
}
