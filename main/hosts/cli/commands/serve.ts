import type { Command } from "commander";
import { Refusal } from "../../../contract/refusal.ts";
import { hasDisplay, launchBrowser } from "../../browser/launch.ts";
import { serveBrowser } from "../../browser/server.ts";
import { openWhenFree } from "../../control/open-instance.ts";
import { rpcServer } from "../../control/rpc.ts";
import { parsePort } from "../arguments.ts";
import { Interrupted } from "../errors.ts";
import { withExample } from "../invocation.ts";
import type { Act, Invocation } from "../invocation.ts";
import { connectToRunning, unlessAborted } from "../session.ts";

interface ServeOptions {
  port?: number;
  open?: true;
}

export function addServe(program: Command, act: Act): void {
  withExample(
    program
      .command("serve")
      .description("run the control plane without a window and serve the panel to browsers of this machine")
      .option("--port <number>", "the port on 127.0.0.1; the first free one from 3100 where left out", parsePort)
      .option("--open", "open the panel in a browser")
      .action(act<ServeOptions>(serve)),
    "serve",
    "serve --port 4000 --open",
  );

  withExample(
    program
      .command("open")
      .description("a fresh link to the panel that is being served, good once; opens it where there is a display")
      .option("--print", "print the link and open nothing")
      .action(act<{ print?: true }>(openPanel)),
    "open",
  );
}

async function serve(invocation: Invocation, { port, open }: ServeOptions): Promise<void> {
  const { host, output, paths, signal } = invocation;
  const instance = await openWhenFree(
    host.openControlPlane,
    {
      paths,
      kind: "serve",
      processEnv: host.env,
      version: host.version,
      onProgress: (text) => output.progress(text),
    },
    { signal, onWaiting: () => output.progress("A command uses the instance; waiting until it is done.") },
  );
  const { plane } = instance;
  try {
    const stopped = new Promise<void>((resolve) => plane.onStopRequested(resolve));
    const accept = rpcServer(plane.router, plane.reportUnexpected);
    const browser = await serveBrowser({
      ...(port === undefined ? {} : { port }),
      rendererDirectory: host.rendererDirectory,
      clock: host.clock,
      accept: (socket, shell) => accept(socket, "browser", shell),
      reportUnexpected: plane.reportUnexpected,
    });
    try {
      plane.setLinkMaker(browser.link);
      const url = browser.link();
      output.answer({ url, port: browser.port }, () => `The panel is at ${url}\n`);
      output.progress(
        "The link is good once and for ten minutes; `paperclip-desktop open` makes a fresh one. Ctrl-C stops it all.",
      );
      if (open && !(await launchBrowser(browser.link(), paths, process.platform))) {
        output.progress("No browser could be started; open the link by hand.");
      }
      await unlessAborted(Promise.race([stopped, plane.closed]), signal);
    } finally {
      await browser.close();
    }
  } catch (error) {
    // A service manager ends a server by a signal; that is no failure. Only the operator's Ctrl-C is an interruption.
    if (!(error instanceof Interrupted) || error.signal === "SIGINT") throw error;
  } finally {
    await instance.close();
  }
}

async function openPanel({ host, output, paths, signal }: Invocation, { print }: { print?: true }): Promise<void> {
  const connection = await connectToRunning(paths, signal);
  if (connection === null) {
    throw new Refusal("not_available", "There is no panel to open: nothing runs.", {
      next: "Start it with `paperclip-desktop serve --open`.",
    });
  }
  try {
    const link = await unlessAborted(connection.client.system.link(), signal);
    output.answer(link, () => `${link.url}\n`);
    if (print || output.json || !hasDisplay(host.env, process.platform)) return;
    const fresh = await connection.client.system.link();
    if (!(await launchBrowser(fresh.url, paths, process.platform))) output.progress("No browser could be started.");
  } finally {
    await connection.close();
  }
}
