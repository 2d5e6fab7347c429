// What `npm start` does on a machine: decided from facts alone.
import { parseArgs } from "node:util";

/**
 * Takes from the arguments what concerns the start itself; all others are for `serve`.
 * @param {readonly string[]} argv
 * @returns {{ download: boolean, serve: string[], place: Record<string, string> }} `place` is the environment that names
 *   the instance for a window, which takes no arguments
 */
export function readArguments(argv) {
  const serve = argv.filter((argument) => argument !== "--no-download");
  const { values } = parseArgs({
    args: serve,
    options: { home: { type: "string" }, instance: { type: "string" } },
    allowPositionals: true,
    strict: false,
  });
  return {
    download: serve.length === argv.length,
    serve,
    place: {
      ...(typeof values.home === "string" ? { PAPERCLIP_HOME: values.home } : {}),
      ...(typeof values.instance === "string" ? { PAPERCLIP_INSTANCE_ID: values.instance } : {}),
    },
  };
}

/**
 * Where the panel is shown: in a window, in a window once Electron has been fetched, or in a browser, and then why.
 * @param {{ platform: string, uid: number | undefined, env: Record<string, string | undefined>, hasBinary: boolean,
 *   download: boolean }} facts
 * @returns {{ host: "window" } | { host: "fetch" } | { host: "browser", reason: string }}
 */
export function planStart({ platform, uid, env, hasBinary, download }) {
  const asksForDisplay = platform !== "darwin" && platform !== "win32";
  if (asksForDisplay && !env.DISPLAY && !env.WAYLAND_DISPLAY) return browser("there is no display");
  if (uid === 0) return browser("Electron does not run as root");
  if (hasBinary) return { host: "window" };
  return download ? { host: "fetch" } : browser("Electron's binary is not there, and --no-download was given");
}

function browser(reason) {
  return { host: "browser", reason };
}

const CRASHES = new Set(["SIGTRAP", "SIGABRT", "SIGSEGV", "SIGILL", "SIGBUS"]);
const HELPER = "node_modules/electron/dist/chrome-sandbox";
const ALLOW_SANDBOX = `\`sudo chown root ${HELPER} && sudo chmod 4755 ${HELPER}\``;
/** A crash later than this is one of the app, and no reason to show it elsewhere. */
const START_MS = 15_000;

/**
 * Why Electron ended before it could open a window, or null where the app itself ended.
 * @param {{ code: number | null, signal: string | null, stderr: string, afterMs: number }} end
 * @returns {string | null}
 */
export function startFailure({ code, signal, stderr, afterMs }) {
  if (code === 0 || afterMs > START_MS) return null;
  const library = /error while loading shared libraries: ([^:\s]+)/.exec(stderr)?.[1];
  if (library !== undefined) return `Electron needs the library ${library}, which this system lacks`;
  if (/no usable sandbox|SUID sandbox helper|Failed to move to new namespace/i.test(stderr)) {
    return `this system does not let Electron set up its sandbox; ${ALLOW_SANDBOX} allows it`;
  }
  if (/Missing X server|platform failed to initialize|cannot open display|Unable to open X display/i.test(stderr)) {
    return "the display cannot be opened";
  }
  // A shell between says 128 and the number of the signal.
  const crashed = signal === null ? (code ?? 0) > 128 : CRASHES.has(signal);
  return crashed ? `Electron ended at once (${signal ?? `exit code ${code}`})` : null;
}
