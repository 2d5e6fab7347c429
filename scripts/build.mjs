// Builds main, preload and renderer into `out/`, whole or not at all: the build goes beside it and is moved into place.
import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { readStamp, sourcesStamp } from "./sources.mjs";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const lockFile = path.join(root, ".out.lock");
/** A build takes seconds. An older lock was left behind, whoever has the number of its process now. */
const LONGEST_BUILD_MS = 5 * 60_000;
/** A lock without a number is being written, unless its maker was killed, or found the disk full, just then. */
const LONGEST_WRITE_MS = 5_000;

await waitForTurn();
try {
  const stamp = sourcesStamp(root);
  if (process.argv.includes("--force") || readStamp(root) !== stamp) await build(stamp);
} finally {
  unlinkSync(lockFile);
}

async function build(stamp) {
  const beside = path.join(root, ".out-new");
  const previous = path.join(root, ".out-old");
  for (const leftover of [beside, previous]) rmSync(leftover, { recursive: true, force: true });
  process.env.PAPERCLIP_BUILD_OUT = ".out-new";
  process.chdir(root);
  const electronVite = await import("electron-vite");
  await electronVite.build({ root, logLevel: "error" });
  writeFileSync(path.join(beside, "stamp"), stamp);
  if (existsSync(path.join(root, "out"))) renameSync(path.join(root, "out"), previous);
  renameSync(beside, path.join(root, "out"));
  rmSync(previous, { recursive: true, force: true });
}

/** Two commands at once must not build into each other's feet. A lock whose process is gone is taken over. */
async function waitForTurn() {
  for (;;) {
    try {
      const handle = openSync(lockFile, "wx", 0o600);
      writeFileSync(handle, String(process.pid));
      closeSync(handle);
      return;
    } catch (error) {
      if (error.code !== "EEXIST") fail(error);
    }
    if (!holderLives()) rmSync(lockFile, { force: true });
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function fail(error) {
  if (error.code === undefined) throw error;
  process.stderr.write(
    `error: the sources cannot be built, because ${root} cannot be written (${error.code}).\n` +
      "next: Run `npm run build` there as the user it belongs to.\n",
  );
  process.exit(1);
}

function holderLives() {
  try {
    const pid = Number(readFileSync(lockFile, "utf8"));
    const age = Date.now() - statSync(lockFile).mtimeMs;
    if (age > LONGEST_BUILD_MS || pid === process.pid) return false;
    if (!pid) return age < LONGEST_WRITE_MS;
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}
