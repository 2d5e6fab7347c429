import { readFile, realpath } from "node:fs/promises";
import path from "node:path";
import { systemCode } from "../contract/refusal.ts";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".json": "application/json; charset=utf-8",
};

export type StaticAnswer =
  | { readonly status: 200; readonly type: string; readonly body: Buffer<ArrayBuffer> }
  | { readonly status: 400 | 403 | 404 };

/**
 * The file of the panel that a request names. `requestPath` is the path as it was sent, percent-encoded. What leads out
 * of `root`, by dots or by a link, is forbidden (403); names that no file of ours has are not found (404).
 */
export async function staticFile(root: string, requestPath: string): Promise<StaticAnswer> {
  const decoded = decode(requestPath);
  if (decoded === null || !decoded.startsWith("/")) return { status: 400 };
  if (decoded.split(/[/\\]/).includes("..")) return { status: 403 };
  const type = TYPES[path.extname(decoded === "/" ? "/index.html" : decoded).toLowerCase()];
  if (type === undefined || decoded.includes("\\")) return { status: 404 };
  const file = path.join(root, decoded === "/" ? "index.html" : decoded);
  try {
    const [realRoot, realFile] = await Promise.all([realpath(root), realpath(file)]);
    if (!realFile.startsWith(realRoot + path.sep)) return { status: 403 };
    return { status: 200, type, body: await readFile(realFile) };
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "EISDIR", "ENAMETOOLONG"].includes(systemCode(error) ?? "")) return { status: 404 };
    throw error;
  }
}

/** Decodes once; a sequence that is none, or a NUL, is no path. */
function decode(requestPath: string): string | null {
  try {
    const decoded = decodeURIComponent(requestPath);
    return decoded.includes("\0") ? null : decoded;
  } catch {
    return null;
  }
}
