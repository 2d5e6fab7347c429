import { spawn } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
// @ts-expect-error -- a script without types
import { causeOf } from "../../../scripts/start/fetch-electron.mjs";
// @ts-expect-error -- a script without types
import { planStart, readArguments, startFailure } from "../../../scripts/start/plan.mjs";
import { processesOf } from "../../fixtures/instance.ts";

const SCRIPTS = path.resolve(import.meta.dirname, "../../../scripts");

describe("where the panel is shown", () => {
  const desktop = { platform: "linux", uid: 1_000, env: { DISPLAY: ":0" }, hasBinary: true, download: true };

  it.each([
    ["a desktop with Electron", {}, { host: "window" }],
    ["a desktop without", { hasBinary: false }, { host: "fetch" }],
    ["Wayland", { env: { WAYLAND_DISPLAY: "wayland-0" } }, { host: "window" }],
    ["macOS, which has no display by name", { platform: "darwin", env: {} }, { host: "window" }],
    ["Windows, which has no user's number either", { platform: "win32", env: {}, uid: undefined }, { host: "window" }],
    ["no display", { env: {} }, { host: "browser", reason: "there is no display" }],
    ["no display and no binary, for which nothing is downloaded", { env: {}, hasBinary: false }, { host: "browser" }],
    ["root", { uid: 0 }, { host: "browser", reason: "Electron does not run as root" }],
    ["no download wanted", { hasBinary: false, download: false }, { host: "browser" }],
    ["no download wanted or needed", { download: false }, { host: "window" }],
  ])("%s", (_name, facts, plan) => {
    expect(planStart({ ...desktop, ...facts })).toMatchObject(plan);
  });

  it("hands all arguments but its own to `serve`, and the instance to the window", () => {
    expect(readArguments(["--no-download", "--port", "4000", "--home=/h", "--instance", "two"])).toEqual({
      download: false,
      serve: ["--port", "4000", "--home=/h", "--instance", "two"],
      place: { PAPERCLIP_HOME: "/h", PAPERCLIP_INSTANCE_ID: "two" },
    });
    expect(readArguments([])).toEqual({ download: true, serve: [], place: {} });
  });
});

describe("an end of Electron", () => {
  const crash = { code: null, signal: "SIGTRAP", stderr: "", afterMs: 300 };

  it.each([
    ["the operator's", { code: 0, signal: null }, /^null$/],
    ["a refusal of the app's own", { code: 1, signal: null }, /^null$/],
    ["a crash of the app later on", { afterMs: 60_000 }, /^null$/],
    ["an end by the operator's signal", { signal: "SIGTERM" }, /^null$/],
    ["a crash at once", {}, /ended at once \(SIGTRAP\)/],
    ["a crash under a shell", { code: 133, signal: null }, /exit code 133/],
    ["no sandbox", { stderr: "FATAL:zygote_host_impl_linux.cc: No usable sandbox! If you are" }, /sandbox/],
    ["no helper", { stderr: "The SUID sandbox helper binary was found, but is not" }, /chmod 4755/],
    [
      "no library",
      { code: 127, signal: null, stderr: "error while loading shared libraries: libgtk-3.so.0: c" },
      /libgtk-3/,
    ],
    ["no X server", { code: 1, signal: null, stderr: "Missing X server or $DISPLAY" }, /display cannot be opened/],
  ])("%s", (_name, end, reason) => {
    const answer = (startFailure as (end: object) => string | null)({ ...crash, ...end });
    expect(String(answer)).toMatch(reason);
  });
});

it.each([
  ["TypeError: fetch failed\n    at node:internal/deps/undici/undici:1:1\n", /^the server cannot be reached$/],
  [
    "(node:1) Warning: x\nError: EACCES: permission denied, mkdir '/x'\n    at f\n",
    /^Error: EACCES: permission denied, mkdir '\/x'$/,
  ],
  ["Error [ERR_REQUIRE_ESM]: require() of ES Module\n", /wants 22\.12 or newer/],
  ["", /^its installer ended with 1$/],
])("says the cause of a download that failed in one line: %j", (said, cause) => {
  const answer = (causeOf as (said: string, code: number) => string)(said, 1);
  expect(answer.split("\n")).toHaveLength(1);
  expect(answer).toMatch(cause);
});

/** `openPanel` in a process of its own, with an installer, an Electron and a `serve` that are small scripts. */
describe.skipIf(process.platform === "win32")("a start with a package of Electron", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(path.join(os.tmpdir(), "pcd-start-"));
    await mkdir(path.join(directory, "dist"));
    await writeFile(path.join(directory, "package.json"), '{"version":"45.4.1"}');
    await writeFile(path.join(directory, "serve.cjs"), "console.log(['serve', ...process.argv.slice(2)].join(' '));");
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const electron = async (script: string, name = "electron") => {
    await writeFile(path.join(directory, "dist", name), `#!/bin/sh\n${script}\n`);
    await chmod(path.join(directory, "dist", name), 0o755);
    await writeFile(path.join(directory, "path.txt"), name);
  };
  const installer = (script: string) => writeFile(path.join(directory, "install.js"), script);

  function start(argv: readonly string[] = [], limitMs = 60_000) {
    const choice = {
      root: "/the/app",
      argv,
      platform: "linux",
      uid: 1_000,
      env: { PATH: process.env["PATH"], DISPLAY: ":0", A_SECRET: "canary", ELECTRON_MIRROR: "mirror" },
      electronDirectory: directory,
      downloadLimitMs: limitMs,
      serveCommand: [process.execPath, path.join(directory, "serve.cjs")],
    };
    const main =
      `import { openPanel } from ${JSON.stringify(path.join(SCRIPTS, "start", "panel.mjs"))};` +
      `process.exitCode = await openPanel({ ...${JSON.stringify(choice)}, say: (line) => console.error(line) });`;
    const child = spawn(process.execPath, ["--input-type=module", "--eval", main], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
      child.once("close", (code) => resolve({ code, stdout, stderr }));
    });
    return { child, ended };
  }

  it("opens the window where the binary is, and ends as that does", async () => {
    await electron('echo "window $1 $PAPERCLIP_HOME"; exit 7');
    expect(await start(["--home", "/h", "--port", "1"]).ended).toEqual({
      code: 7,
      stdout: "window /the/app /h\n",
      stderr: "",
    });
  });

  it("announces the download, and opens the window when it is done", async () => {
    await electron('echo "window"');
    await rm(path.join(directory, "path.txt"));
    await installer(
      'if (process.env.A_SECRET || !process.env.ELECTRON_MIRROR) throw new Error("env"); console.log("noise");' +
        'require("node:fs").writeFileSync(__dirname + "/path.txt", "electron")',
    );
    const { code, stdout, stderr } = await start().ended;
    expect({ code, stdout }).toEqual({ code: 0, stdout: "window\n" });
    expect(stderr).toBe("Downloading Electron 45.4.1 once (about 100 MB) …; --no-download skips this.\n");
  });

  it("serves the panel and says the cause where the download fails", async () => {
    await installer("setTimeout(() => { console.error(new TypeError('fetch failed').stack); process.exit(1); });");
    const { code, stdout, stderr } = await start(["--port", "0"]).ended;
    expect({ code, stdout }).toEqual({ code: 0, stdout: "serve --port 0\n" });
    expect(stderr.split("\n")).toHaveLength(3);
    expect(stderr).toContain("could not be downloaded: the server cannot be reached. The panel is served");
  });

  it("serves the panel where the download hangs, and leaves nothing of it behind", async () => {
    await installer("setInterval(() => undefined, 1000);");
    const { stdout, stderr } = await start([], 300).ended;
    expect(stdout).toBe("serve\n");
    expect(stderr).toContain("it took longer than 0.3 s");
    expect(await processesOf(directory)).toEqual([]);
  });

  it("downloads nothing with --no-download, which `serve` never sees", async () => {
    const { stdout, stderr } = await start(["--no-download", "--port", "0"]).ended;
    expect(stdout).toBe("serve --port 0\n");
    expect(stderr).toContain("--no-download was given");
    expect(stderr).not.toContain("Downloading");
  });

  it("serves the panel where Electron cannot start here", async () => {
    await electron('echo "FATAL: No usable sandbox!" >&2; kill -TRAP $$');
    const { stdout, stderr } = await start().ended;
    expect(stdout).toBe("serve\n");
    expect(stderr).toMatch(/does not let Electron set up its sandbox.*The panel is served/);
  });

  it("serves the panel where the binary is of another machine", async () => {
    await electron("");
    await chmod(path.join(directory, "dist", "electron"), 0o644);
    const { stdout, stderr } = await start().ended;
    expect(stdout).toBe("serve\n");
    expect(stderr).toContain("Electron cannot be started (EACCES)");
  });

  it("ends a download on Ctrl-C, and starts nothing after it", async () => {
    await installer('require("node:fs").writeFileSync(__dirname + "/up", ""); setInterval(() => undefined, 1000);');
    const { child, ended } = start();
    child.stderr.once("data", () => child.kill("SIGINT"));
    const { code, stdout } = await ended;
    expect({ code, stdout }).toEqual({ code: 130, stdout: "" });
    expect(await processesOf(directory)).toEqual([]);
  });
});

/** The script itself, on the sources as they stand. A display would open a window here. */
it.skipIf(process.platform !== "linux")(
  "serves the panel without a display, prints one address, and ends on Ctrl-C",
  async () => {
    const home = await mkdtemp(path.join(os.tmpdir(), "pcd-start-"));
    const child = spawn(process.execPath, [path.join(SCRIPTS, "start.mjs"), "--no-download", "--port", "0"], {
      cwd: home,
      env: {
        PATH: process.env["PATH"],
        HOME: home,
        TMPDIR: home,
        PAPERCLIP_HOME: path.join(home, "home"),
        NO_COLOR: "1",
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      if (stdout.includes("\n")) child.kill("SIGINT");
    });
    const code = await new Promise((resolve) => child.once("close", resolve));
    expect(stdout.match(/http:\/\/\S+/g)).toHaveLength(1);
    expect(stdout.trim().split("\n")).toHaveLength(1);
    expect(stderr).toContain("The window cannot be opened: there is no display.");
    expect(code).toBe(130);
    expect(await processesOf(home)).toEqual([]);
    await rm(home, { recursive: true, force: true });
  },
);
