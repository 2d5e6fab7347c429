import { readFileSync } from "node:fs";
import { createRequire, Module, register } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { StandInApp } from "./app.ts";
import { browserCommand, startBrowser, type BrowserProcess } from "./browser-process.ts";
import { electronModule } from "./electron.ts";

/*
 * The program `electron` of the tests: `electron [-r script] <directory of the app>`. It runs the app's built main module
 * with a module `electron` of its own, beside a real browser, and prints the two lines that Playwright's driver waits for
 * (Node itself prints the other). It is larger than a mock and smaller than Electron: see what the lifecycle suite says that
 * it does not prove.
 */

const { values, positionals } = parseArgs({
  args: process.argv.slice(2),
  options: { require: { type: "string", short: "r", multiple: true } },
  allowPositionals: true,
  strict: false,
});
const root = path.resolve(positionals[0] ?? ".");
const manifest = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as {
  name: string;
  version: string;
  main: string;
};
const command = browserCommand(process.env["ELECTRON_STAND_IN_BROWSER"]);
delete process.env["ELECTRON_STAND_IN_BROWSER"];

let browser: BrowserProcess | null = null;
const app = new StandInApp({
  root,
  name: manifest.name,
  version: manifest.version,
  cleanUp: async () => browser?.close(),
});
const electron = electronModule(app, () => {
  if (!browser) throw new Error("not before the app is ready");
  return browser.client;
});
provide(electron);
quitOnSignals();

const require = createRequire(path.join(root, "package.json"));
for (const script of values.require ?? []) if (typeof script === "string") require(path.resolve(script));
await import(pathToFileURL(path.join(root, manifest.main)).href);
// The app may have ended itself already, as on a second start.
await new Promise((resolve) => setImmediate(resolve));
if (!app.isEnding) {
  browser = await startBrowser(command, app.getPath("sessionData"));
  void browser.client.closed.then(() => app.exit(1));
  process.stderr.write(`DevTools listening on ${browser.url}\n`);
  app.become();
}

/** Gives the app, its scripts and Playwright this module where they ask for `electron`. */
function provide(module: ReturnType<typeof electronModule>): void {
  const loader = Module as unknown as { _load(request: string, ...rest: unknown[]): unknown };
  const load = loader._load;
  loader._load = (request, ...rest) => (request === "electron" ? module : load.call(loader, request, ...rest));
  const key = "electron stand-in";
  Object.assign(globalThis, { [key]: module });
  const names = Object.keys(module).map((name) => `export const ${name} = module.${name};`);
  const source = `const module = globalThis[${JSON.stringify(key)}]; ${names.join(" ")} export default module;`;
  const url = JSON.stringify(`data:text/javascript,${encodeURIComponent(source)}`);
  const hooks =
    "export async function resolve(specifier, context, next) {" +
    `return specifier === "electron" ? { url: ${url}, shortCircuit: true } : next(specifier, context); }`;
  register(`data:text/javascript,${encodeURIComponent(hooks)}`);
}

/** As Electron does, unless the app listens itself. */
function quitOnSignals(): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (process.listenerCount(signal) === 1) app.quit();
    });
  }
}
