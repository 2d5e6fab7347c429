// Opens the panel where it can be shown, and says why where that is not in a window.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { fetchElectron } from "./fetch-electron.mjs";
import { planStart, readArguments, startFailure } from "./plan.mjs";

/** As much of what Electron says as a reason needs. */
const KEPT_CHARACTERS = 16_000;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * @param {{ root: string, argv: readonly string[], platform: string, uid: number | undefined,
 *   env: Record<string, string | undefined>, electronDirectory: string | null, downloadLimitMs: number,
 *   serveCommand: readonly string[], say: (line: string) => void }} start `electronDirectory` is that of its package
 * @returns {Promise<number>} the exit code
 */
export async function openPanel(start) {
  const { root, argv, platform, uid, env, electronDirectory, say } = start;
  const { download, serve, place } = readArguments(argv);
  const interruption = listenForSignals();
  const inBrowser = async (reason) => {
    say(`The window cannot be opened: ${reason}. The panel is served for a browser instead.`);
    const [program, ...args] = [...start.serveCommand, ...serve];
    const { code, signal } = await interruption.run(program, args, { env, stdio: "inherit" });
    return exitCode(code, signal);
  };
  try {
    if (electronDirectory === null) return await inBrowser("Electron is not installed");
    const facts = { platform, uid, env, download, hasBinary: electronBinary(electronDirectory) !== null };
    const plan = planStart(facts);
    if (plan.host === "browser") return await inBrowser(plan.reason);
    if (plan.host === "fetch") {
      say(`Downloading Electron ${versionOf(electronDirectory)} once (about 100 MB) …; --no-download skips this.`);
      const failed = await fetchElectron({
        installer: path.join(electronDirectory, "install.js"),
        limitMs: start.downloadLimitMs,
        env,
        signal: interruption.signal,
      });
      if (interruption.signal.aborted) return exitCode(null, interruption.signal.reason);
      if (failed !== null) return await inBrowser(`Electron could not be downloaded: ${failed}`);
    }
    const binary = electronBinary(electronDirectory);
    if (binary === null) return await inBrowser("Electron's binary is not there, although its installer is done");
    const end = await openWindow(binary, root, { ...env, ...place }, interruption);
    const failed = end.failure ?? startFailure(end);
    if (failed === null || interruption.signal.aborted) return exitCode(end.code, end.signal);
    return await inBrowser(failed);
  } finally {
    interruption.stopListening();
  }
}

/**
 * Electron's binary, or null. Asks the file system and never `require("electron")`, which would try to download it.
 * @param {string} directory
 */
function electronBinary(directory) {
  const pointer = path.join(directory, "path.txt");
  if (!existsSync(pointer)) return null;
  const binary = path.join(directory, "dist", readFileSync(pointer, "utf8"));
  return existsSync(binary) ? binary : null;
}

function versionOf(directory) {
  return JSON.parse(readFileSync(path.join(directory, "package.json"), "utf8")).version;
}

async function openWindow(binary, root, env, interruption) {
  const startedAt = performance.now();
  let stderr = "";
  try {
    const end = await interruption.run(binary, [root], { env, stdio: ["inherit", "inherit", "pipe"] }, (child) => {
      child.stderr.on("data", (part) => {
        process.stderr.write(part);
        stderr = (stderr + part).slice(-KEPT_CHARACTERS);
      });
    });
    return { ...end, failure: null, stderr, afterMs: performance.now() - startedAt };
  } catch (error) {
    // Another machine's binary, a disk from which nothing may be started.
    return { code: 1, signal: null, failure: `Electron cannot be started (${error.code})`, stderr, afterMs: 0 };
  }
}

/** Signals end what runs at the time, which ends itself in order; its end is waited for. */
function listenForSignals() {
  const controller = new AbortController();
  let current = null;
  const handlers = SIGNALS.map((signal) => {
    const handler = () => {
      controller.abort(signal);
      current?.kill(signal);
    };
    process.on(signal, handler);
    return [signal, handler];
  });
  return {
    signal: controller.signal,
    run: (program, args, options, watch = () => undefined) =>
      new Promise((resolve, reject) => {
        if (controller.signal.aborted) return resolve({ code: null, signal: controller.signal.reason });
        const child = spawn(program, args, options);
        current = child;
        watch(child);
        child.once("error", reject);
        child.once("close", (code, signal) => {
          current = null;
          resolve({ code, signal });
        });
      }),
    stopListening: () => {
      for (const [signal, handler] of handlers) process.off(signal, handler);
    },
  };
}

function exitCode(code, signal) {
  return code ?? (signal === "SIGINT" ? 130 : 1);
}
