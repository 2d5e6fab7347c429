import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { ElectronApplication } from "playwright-core";
import { eventually } from "../fixtures/conditions.ts";
import { electronHost } from "../fixtures/electron.ts";
import { processesOf, testInstance, type TestInstance } from "../fixtures/instance.ts";
import { callFromPage, lifecycle, type Lifecycle } from "../fixtures/lifecycle.ts";

/** The report names the host in every line. */
const on = `on ${electronHost}:`;

let world: Lifecycle;
/** With a company; stopped. */
let origin: TestInstance;
beforeAll(async () => {
  origin = await testInstance();
  await origin.json(["companies", "create", "--name", "Acme", "--prefix", "ACM"]);
});
afterAll(() => origin.remove());
beforeEach(async () => {
  world = await lifecycle(origin);
});
afterEach(() => world.remove());

/** The main process with what the specs leave there. */
type Noted = typeof globalThis & { asked?: { message: string; detail: string }; answer?: () => void };

/** Answers the question before quitting with one of its buttons, and keeps what was asked. */
function answerWith(app: ElectronApplication, button: string): Promise<void> {
  return app.evaluate(({ dialog }, label) => {
    const show = async (...given: unknown[]) => {
      const { buttons = [], message, detail = "" } = given.at(-1) as Electron.MessageBoxOptions;
      (globalThis as Noted).asked = { message, detail };
      return { response: buttons.indexOf(label), checkboxChecked: false };
    };
    dialog.showMessageBox = show as typeof dialog.showMessageBox;
  }, button);
}

const asked = (app: ElectronApplication) => app.evaluate(() => (globalThis as Noted).asked ?? null);
const quit = (app: ElectronApplication) => app.evaluate(({ app }) => app.quit());

/** All of the app: its window's browser, the runner, PostgreSQL, and the agents. */
const left = () => processesOf(world.instance.home);
const agents = (title: string) => processesOf(title);

describe.skipIf(electronHost === "no host")("the end of the app", () => {
  test(`${on} quitting with nothing to stop asks nothing and leaves nothing`, async () => {
    const { app, ended } = await world.open();
    await world.runToEnd("Is over");
    await answerWith(app, "Keep running");
    await quit(app);
    expect(await ended).toBe(0);
    await eventually(async () => (await left()).length === 0);
  });

  test(`${on} closing the window is quitting`, async () => {
    const { app, ended } = await world.open();
    await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close());
    expect(await ended).toBe(0);
    await eventually(async () => (await left()).length === 0);
  });

  test(`${on} quitting with a run asks first, and keeps it or stops it as the operator says`, async () => {
    const { app, panel, ended } = await world.open();
    const run = await world.runOn("Long sweep");
    await answerWith(app, "Keep running");
    await quit(app);
    await eventually(async () => (await asked(app)) !== null);
    expect(await asked(app)).toMatchObject({
      message: "1 run is running.",
      detail: expect.stringContaining("Long sweep") as string,
    });
    expect(await world.statusOf(run)).toBe("running");
    expect(panel.isClosed()).toBe(false);

    await answerWith(app, "Stop and quit");
    await quit(app);
    expect(await ended).toBe(0);
    await eventually(async () => (await left()).length === 0);
    expect(await agents("Long sweep")).toEqual([]);
    expect(await world.statusOf(run)).not.toBe("running");
  });

  test(`${on} quitting over unsaved input names it, and keeps it or discards it as the operator says`, async () => {
    const { app, panel, ended } = await world.open();
    await panel.evaluate(() => (location.hash = "#/routines/new"));
    const title = panel.getByRole("textbox", { name: "Title" });
    await title.fill("Half a routine");
    await answerWith(app, "Keep editing");
    // What the page says goes one way, in order: once this is answered the note is there.
    await callFromPage(panel, "shell/info", undefined);
    await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close());
    await eventually(async () => (await asked(app)) !== null);
    expect(await asked(app)).toEqual({ message: 'Unsaved changes in "New routine" would be lost.', detail: "" });
    expect(panel.isClosed()).toBe(false);
    expect(await title.inputValue()).toBe("Half a routine");

    await answerWith(app, "Discard and quit");
    await quit(app);
    expect(await ended).toBe(0);
    await eventually(async () => (await left()).length === 0);
  });

  test(`${on} a reload over unsaved input asks, and goes on when the operator says so`, async () => {
    const { app, panel, ended } = await world.open();
    // Playwright answers what a page asks before it is left, unless somebody listens.
    panel.on("dialog", () => undefined);
    await panel.evaluate(() => (location.hash = "#/routines/new"));
    const title = panel.getByRole("textbox", { name: "Title" });
    await title.fill("Half a routine");
    await callFromPage(panel, "shell/info", undefined);
    const reload = () => app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.webContents.reload());
    await answerWith(app, "Keep editing");
    await reload();
    await eventually(async () => (await asked(app)) !== null);
    expect(await asked(app)).toMatchObject({ message: 'Unsaved changes in "New routine" would be lost.' });
    expect(await title.inputValue()).toBe("Half a routine");

    await app.evaluate(({ dialog }) => {
      dialog.showMessageBox = () =>
        new Promise((resolve) => {
          (globalThis as Noted).answer = () => resolve({ response: 0, checkboxChecked: false });
        });
    });
    await reload();
    await eventually(() => app.evaluate(() => (globalThis as Noted).answer !== undefined));
    // No operator answers before the page goes on, which it does only once it knows that it stays.
    expect(await title.inputValue()).toBe("Half a routine");
    await app.evaluate(() => (globalThis as Noted).answer?.());
    await eventually(async () => (await title.inputValue()) === "");
    // What the page before had noted is forgotten.
    await answerWith(app, "Keep editing");
    await quit(app);
    expect(await ended).toBe(0);
  });

  test(`${on} stop ends the app without a question, with the run that it has`, async () => {
    const { app, ended } = await world.open();
    await world.runOn("Is stopped");
    await answerWith(app, "Keep running");
    expect(await world.instance.run(["stop"])).toMatchObject({ code: 0 });
    expect(await ended).toBe(0);
    await eventually(async () => (await left()).length === 0);
  });

  test.skipIf(process.platform === "win32")(`${on} SIGTERM does not ask, and leaves nothing`, async () => {
    const { app, main, ended } = await world.open();
    const run = await world.runOn("Is told to end");
    await answerWith(app, "Keep running");
    main.kill("SIGTERM");
    expect(await ended).toBe(0);
    await eventually(async () => (await left()).length === 0);
    expect(await world.statusOf(run)).not.toBe("running");
  });

  test.skipIf(process.platform === "win32")(
    `${on} after SIGKILL the run ends, and the next start recovers`,
    async () => {
      const { main, ended } = await world.open();
      const run = await world.runOn("Loses its owner");
      expect(await world.statusOf(run)).toBe("running");
      main.kill("SIGKILL");
      expect(await ended).toBeNull();
      await eventually(async () => (await agents("Loses its owner")).length === 0);

      const next = await world.open();
      await eventually(async () => (await world.statusOf(run)) === "interrupted");
      await world.runToEnd("Works again");
      await quit(next.app);
      expect(await next.ended).toBe(0);
      await eventually(async () => (await left()).length === 0);
    },
  );
});
