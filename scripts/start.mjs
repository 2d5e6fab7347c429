// `npm start`: the window where Electron can run, and otherwise the same panel in the browser, saying why.
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { ensureBuilt } from "./ensure-built.mjs";
import { openPanel } from "./start/panel.mjs";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
ensureBuilt();
process.exitCode = await openPanel({
  root,
  argv: process.argv.slice(2),
  platform: process.platform,
  uid: process.getuid?.(),
  env: process.env,
  electronDirectory: electronDirectory(),
  downloadLimitMs: 5 * 60_000,
  serveCommand: [process.execPath, path.join(root, "bin", "paperclip-desktop.mjs"), "serve"],
  say: (line) => process.stderr.write(`${line}\n`),
});

/** Where Electron's package is, or null where an install left out what only development needs. */
function electronDirectory() {
  try {
    return path.dirname(createRequire(import.meta.url).resolve("electron/package.json"));
  } catch {
    return null;
  }
}
