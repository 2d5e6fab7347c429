import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import pg from "pg";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { launchBrowser } from "../../fixtures/browser.ts";
import { testInstance, type Running, type TestInstance } from "../../fixtures/instance.ts";

/** A real instance with a few runs, and a real browser. */
export interface PanelWorld {
  readonly instance: TestInstance;
  readonly browser: Browser;
  /** Serves the panel, and lets a browser in. One at a time. */
  open(): Promise<OpenPanel>;
  /** Adds a routine whose runs execute a script of Node, and answers with its id. */
  routine(title: string, script: string): Promise<string>;
  /** Starts a run of a routine and answers with its id; `wait`, once it is over. */
  run(routine: string, wait?: "wait"): Promise<string>;
  remove(): Promise<void>;
}

export interface OpenPanel {
  readonly serve: Running;
  readonly context: BrowserContext;
  /** A page of its own at a place such as `/runs`; `drawn` is noted from its very beginning, see `noteDrawn`. */
  page(place: string, drawn: string): Promise<Page>;
  /** Runs a statement in the instance's own PostgreSQL. */
  sql(text: string, values?: readonly unknown[]): Promise<void>;
  close(): Promise<void>;
}

export async function panelWorld(): Promise<PanelWorld> {
  const [instance, browser] = await Promise.all([testInstance(), launchBrowser()]);
  const routine = async (title: string, script: string) => {
    const file = path.join(instance.home, "bench.json");
    await writeFile(file, JSON.stringify({ command: [process.execPath, "-e", script], instructions: "none" }));
    await instance.json(["agents", "create", "--name", title, "--adapter", "process", "--config-file", file]);
    await writeFile(file, JSON.stringify({ title, agent: title, instructions: "Measure." }));
    const { id } = await instance.json<{ id: string }>(["routines", "create", "--file", file]);
    return id;
  };
  return {
    instance,
    browser,
    open: () => openPanel(instance, browser),
    routine,
    run: async (id, wait) => {
      const answer = await instance.json<{ id: string }>(["routines", "run", id, ...(wait ? ["--wait"] : [])]);
      return answer.id;
    },
    remove: async () => {
      await browser.close();
      await instance.remove();
    },
  };
}

async function openPanel(instance: TestInstance, browser: Browser): Promise<OpenPanel> {
  const serve = await instance.serve();
  const { url } = JSON.parse(await serve.firstOutput()) as { url: string };
  const { origin } = new URL(url);
  const context = await browser.newContext();
  const letIn = await context.newPage();
  await letIn.goto(url);
  await letIn.waitForSelector("#content");
  await letIn.close();
  return {
    serve,
    context,
    page: async (place, drawn) => {
      const page = await context.newPage();
      await noteDrawn(page, drawn);
      await page.goto(`${origin}/#${place}`);
      return page;
    },
    sql: (text, values) => statement(instance, text, values),
    close: async () => {
      await context.close();
      await stop(serve);
    },
  };
}

/** Ends a `serve` as a service manager does, and waits until it is gone. */
export async function stop(serve: Running): Promise<void> {
  serve.child.kill("SIGTERM");
  await serve.ended;
}

async function statement(instance: TestInstance, text: string, values: readonly unknown[] = []): Promise<void> {
  const read = (name: string) => readFile(path.join(instance.root, "db", name), "utf8");
  const [lock, marker] = await Promise.all([read("postmaster.pid"), read("paperclip.json")]);
  const [, , , port, host] = lock.split("\n");
  const { password } = JSON.parse(marker) as { password: string };
  const client = new pg.Client({ host, port: Number(port), user: "paperclip", password, database: "postgres" });
  await client.connect();
  try {
    await client.query(text, [...values]);
  } finally {
    await client.end();
  }
}

/**
 * Has a page note when something that `selector` finds is first on screen: the end of the frame that shows it. To be
 * called before the page goes anywhere; `whenDrawn` answers with it.
 */
export async function noteDrawn(page: Page, selector: string): Promise<void> {
  await page.addInitScript((wanted) => {
    Reflect.set(
      globalThis,
      "benchDrawn",
      new Promise<number>((resolve) => {
        const observer = new MutationObserver(() => {
          if (document.querySelector(wanted) === null) return;
          observer.disconnect();
          requestAnimationFrame(() => {
            const painted = new MessageChannel();
            painted.port1.addEventListener("message", () => resolve(performance.now()), { once: true });
            painted.port1.start();
            painted.port2.postMessage(null);
          });
        });
        observer.observe(document, { childList: true, subtree: true, attributes: true });
      }),
    );
  }, selector);
}

/** When it was drawn: milliseconds from the navigation, and as an instant of the machine's clock. */
export function whenDrawn(page: Page): Promise<{ readonly ms: number; readonly at: number }> {
  return page.evaluate(async () => {
    const ms = (await Reflect.get(globalThis, "benchDrawn")) as number;
    return { ms, at: performance.timeOrigin + ms };
  });
}

/** Bytes of JavaScript objects that a page holds, after what it does not need was collected. */
export async function heapOf(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  await session.detach();
  return usedSize;
}
