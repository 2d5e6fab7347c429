// Fetches Electron's binary with the installer that comes with its package.
import { spawn } from "node:child_process";

/** What the installer documents, and what a program needs to run; secrets may stand in the rest. */
const PASSED =
  /^(PATH|HOME|USER|LANG|TMPDIR|TEMP|TMP|SYSTEMROOT|WINDIR|COMSPEC|USERPROFILE|APPDATA|LOCALAPPDATA|XDG_CACHE_HOME|(HTTPS?|ALL|NO)_PROXY|NODE_EXTRA_CA_CERTS|FORCE_NO_CACHE|ELECTRON_(?!RUN_AS_NODE).*|NPM_CONFIG_(ELECTRON_.*|PLATFORM|ARCH))$/i;

/** As much of what the installer says as a cause needs. */
const KEPT_CHARACTERS = 16_000;

/**
 * Runs the installer, for `limitMs` at most.
 * @param {{ installer: string, limitMs: number, env: Record<string, string | undefined>, signal: AbortSignal }} choice
 *   `signal` ends it
 * @returns {Promise<string | null>} null when it is done, and otherwise the cause in one line
 */
export function fetchElectron({ installer, limitMs, env, signal }) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [installer], {
      env: Object.fromEntries(Object.entries(env).filter(([name]) => PASSED.test(name))),
      stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => (said = (said + text).slice(-KEPT_CHARACTERS)));
    }
    let stopped = null;
    const stop = (reason) => {
      stopped ??= reason;
      child.kill("SIGKILL");
      // What the installer has started may hold the pipes.
      child.stdout.destroy();
      child.stderr.destroy();
    };
    const limit = setTimeout(() => stop(`it took longer than ${limitMs / 1000} s`), limitMs);
    const interrupt = () => stop("it was interrupted");
    signal.addEventListener("abort", interrupt, { once: true });
    if (signal.aborted) interrupt();
    const settle = (answer) => {
      clearTimeout(limit);
      signal.removeEventListener("abort", interrupt);
      resolve(answer);
    };
    child.once("error", (error) => settle(error.message));
    child.once("close", (code, ending) => settle(stopped ?? (code === 0 ? null : causeOf(said, code ?? ending))));
  });
}

/**
 * The line of an installer's output that says what went wrong.
 * @param {string} said
 * @param {number | string} ending
 */
export function causeOf(said, ending) {
  const lines = said.split("\n").map((line) => line.trim());
  if (/fetch failed|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENETUNREACH|ETIMEDOUT|ECONNRESET/.test(said)) {
    return "the server cannot be reached";
  }
  if (/ERR_REQUIRE_ESM|ERR_UNKNOWN_BUILTIN_MODULE|SyntaxError/.test(said)) {
    return `its installer does not run on Node ${process.versions.node}; it wants 22.12 or newer`;
  }
  const line = lines.find((text) => /^(\w*Error\b|E[A-Z]+:)/.test(text)) ?? lines.findLast(Boolean);
  return line?.slice(0, 200) || `its installer ended with ${ending}`;
}
