// Makes sure that `out/` holds the sources as they stand, so that every command works straight after `npm ci`.
import { spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { hasSources, readStamp, sourcesStamp } from "./sources.mjs";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** Builds when the sources are newer than `out/`, and says so on standard error. Exits with 1 when that cannot be. */
export function ensureBuilt() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    stop(`Node ${process.versions.node} is too old.`, "Use Node 20.19 or newer.");
  }
  if (!hasSources(root) || readStamp(root) === sourcesStamp(root)) return;
  if (!isInstalled()) {
    stop("the dependencies are not installed.", `Run \`npm ci\` in ${root}.`);
  }
  if (process.stderr.isTTY) process.stderr.write("Building, once after each change of the sources …\n");
  const { PATH = "", HOME = "", TMPDIR } = process.env;
  const build = spawnSync(process.execPath, [path.join(root, "scripts", "build.mjs")], {
    // The build needs nothing of the operator's environment, and secrets may stand in it.
    env: { PATH, HOME, ...(TMPDIR === undefined ? {} : { TMPDIR }), NODE_ENV: "production" },
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (build.status === 0) return;
  process.stderr.write(`error: the sources could not be built (exit ${build.status ?? build.signal}).\n`);
  process.exit(1);
}

function isInstalled() {
  try {
    import.meta.resolve("electron-vite");
    return true;
  } catch {
    return false;
  }
}

function stop(problem, next) {
  process.stderr.write(`error: ${problem}\nnext: ${next}\n`);
  process.exit(1);
}
