// `npm start`: the window where Electron can run, and otherwise the same panel in the browser, saying why.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { ensureBuilt } from "./ensure-built.mjs";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
ensureBuilt();
const electron = findElectron();
if (typeof electron === "string") {
  run(electron, [root, ...process.argv.slice(2)]);
} else {
  process.stderr.write(`The window cannot be opened: ${electron.reason}. The panel is served for a browser instead.\n`);
  run(process.execPath, [path.join(root, "bin", "paperclip-desktop.mjs"), "serve", ...process.argv.slice(2)]);
}

/** Asks the file system and never `require("electron")`, which would try to download the binary. */
function findElectron() {
  if (process.platform === "linux" && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) {
    return { reason: "there is no display" };
  }
  if (process.getuid?.() === 0) return { reason: "Electron does not run as root" };
  try {
    const directory = path.dirname(createRequire(import.meta.url).resolve("electron/package.json"));
    const binary = path.join(directory, "dist", readFileSync(path.join(directory, "path.txt"), "utf8"));
    return existsSync(binary) ? binary : { reason: "Electron's binary is not installed" };
  } catch {
    return { reason: "Electron's binary is not installed" };
  }
}

function run(command, args) {
  const child = spawn(command, args, { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 1)));
}
