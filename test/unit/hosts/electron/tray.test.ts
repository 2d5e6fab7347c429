import { beforeEach, expect, test, vi } from "vitest";
import { FakeTray } from "./fake-electron.ts";

vi.mock("electron", async () => (await import("./fake-electron.ts")).electron);
const { createTray, runsText, trayTemplate } = await import("../../../../main/hosts/electron/tray.ts");

const picked: string[] = [];
const actions = { open: () => void picked.push("open"), quit: () => void picked.push("quit") };
beforeEach(() => {
  picked.length = 0;
  FakeTray.all.length = 0;
  FakeTray.fails = false;
});

test.each([
  [{ running: 2, queued: 1 }, "2 running, 1 queued"],
  [{ running: 1, queued: 0 }, "1 running"],
  [{ running: 0, queued: 3 }, "3 queued"],
  [{ running: 0, queued: 0 }, "Nothing is running"],
  [null, "What runs is not known"],
])("%j is said as %s", (runs, text) => {
  expect(runsText(runs)).toBe(text);
});

test("the menu of the tray opens the window and quits", () => {
  const menu = trayTemplate({ running: 2, queued: 1 }, actions);
  expect(menu.map(({ label, enabled }) => [label, enabled])).toEqual([
    ["2 running, 1 queued", false],
    [undefined, undefined],
    ["Open Paperclip Desktop", undefined],
    ["Quit", undefined],
  ]);
  for (const item of menu) item.click?.({} as never, undefined, {} as never);
  expect(picked).toEqual(["open", "quit"]);
});

test("tool tip and menu follow the runs, and the icon leaves with the app", () => {
  const tray = createTray("linux", actions);
  const [shown] = FakeTray.all;
  expect(shown?.toolTip).toBe("Paperclip Desktop: What runs is not known");
  tray?.show({ running: 1, queued: 0 });
  expect(shown?.toolTip).toBe("Paperclip Desktop: 1 running");
  expect(shown?.menu).toEqual(expect.arrayContaining([expect.objectContaining({ label: "1 running" })]));
  shown?.emit("click");
  expect(picked).toEqual(["open"]);
  tray?.remove();
  expect(shown?.destroyed).toBe(true);
});

test("macOS is given a template that it colours, and its click opens the menu", () => {
  createTray("darwin", actions);
  const [shown] = FakeTray.all;
  expect(shown?.image.template).toBe(true);
  expect(shown?.image.representations).toEqual([
    { scaleFactor: 2, dataURL: expect.stringMatching(/^data:image\/png;base64,/) },
  ]);
  shown?.emit("click");
  expect(picked).toEqual([]);
});

test("where there is no tray, there is none, and nothing breaks", () => {
  FakeTray.fails = true;
  expect(createTray("linux", actions)).toBeNull();
});
