// Tells whether `out/` was built from the sources as they stand now.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";

const SOURCES = ["main", "preload", "renderer", "electron.vite.config.ts", "package.json", "package-lock.json"];

/** A digest over path, size and time of every source file. */
export function sourcesStamp(root) {
  const digest = createHash("sha256");
  for (const source of SOURCES) {
    const absolute = path.join(root, source);
    const files = statSync(absolute).isDirectory() ? readdirSync(absolute, { recursive: true }).toSorted() : [""];
    for (const file of files) {
      const { size, mtimeMs } = statSync(path.join(absolute, file));
      digest.update(`${source}/${file} ${size} ${mtimeMs}\n`);
    }
  }
  return digest.digest("hex");
}

/** The stamp of the build in `out/`, or null where there is none. */
export function readStamp(root) {
  const file = path.join(root, "out", "stamp");
  return existsSync(file) ? readFileSync(file, "utf8") : null;
}

/** A packaged app has no sources and needs no build. */
export function hasSources(root) {
  return existsSync(path.join(root, "electron.vite.config.ts"));
}
