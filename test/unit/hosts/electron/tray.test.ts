import { beforeEach, expect, test, vi } from "vitest";
import type { TrayStatus } from "../../../../main/hosts/electron/tray.ts";
import { FakeTray } from "./fake-electron.ts";

vi.mock("electron", async () => (await import("./fake-electron.ts")).electron);
const { createTray, nextText, runsText, trayTemplate } = await import("../../../../main/hosts/electron/tray.ts");

const NOW = new Date(2026, 2, 8, 12);
const clock = { now: () => NOW };
const picked: string[] = [];
const actions = {
  open: () => void picked.push("open"),
  quit: () => void picked.push("quit"),
  pauseAll: () => void picked.push("pause"),
  resumeAll: () => void picked.push("resume"),
};
const scheduler: TrayStatus["scheduler"] = {
  state: "ready",
  reason: "Next slot.",
  nextRunAt: new Date(2026, 2, 8, 14, 5).toISOString(),
  nextRoutine: "Nightly triage",
  pausedSince: null,
  latenessMs: 1,
};
const status: TrayStatus = { runs: { running: 2, queued: 1 }, scheduler, readOnly: null };
const paused: TrayStatus = {
  ...status,
  scheduler: { ...scheduler, state: "paused", nextRunAt: null, nextRoutine: null, pausedSince: NOW.toISOString() },
};
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

test.each([
  [{}, "Next: 14:05 Nightly triage"],
  [{ nextRunAt: new Date(2026, 2, 10, 2).toISOString() }, "Next: Tue 10 Mar 02:00 Nightly triage"],
  [{ nextRoutine: `R&D\u202e${"x".repeat(60)}` }, `Next: 14:05 R&&D ${"x".repeat(35)}…`],
  [{ nextRunAt: null }, "Nothing is due"],
  [{ nextRunAt: null, state: "standby" as const }, "Scheduler: standby"],
  [{ pausedSince: NOW.toISOString() }, "Schedules and webhooks are paused"],
])("what is next with %j is said as %s", (different, text) => {
  // Whether a comma follows the day of the week is up to the data of the runtime.
  expect(nextText({ ...scheduler, ...different }, NOW).replace(",", "")).toBe(text);
});

test("the menu says what runs and what is next, pauses, opens and quits", () => {
  const menu = trayTemplate(status, NOW, actions);
  expect(menu.map(({ label, enabled }) => [label, enabled])).toEqual([
    ["2 running, 1 queued", false],
    ["Next: 14:05 Nightly triage", false],
    [undefined, undefined],
    ["Pause schedules and webhooks", true],
    [undefined, undefined],
    ["Open Paperclip Desktop", undefined],
    ["Quit", undefined],
  ]);
  for (const item of menu) item.click?.({} as never, undefined, {} as never);
  expect(picked).toEqual(["pause", "open", "quit"]);
});

test("what is paused can be resumed, and what cannot be changed cannot be pressed", () => {
  const item = (of: TrayStatus | null) =>
    trayTemplate(of, NOW, actions).find(({ label }) => label?.includes("schedules"));
  const resume = trayTemplate(paused, NOW, actions).find(({ label }) => label === "Resume schedules and webhooks");
  expect(resume?.enabled).toBe(true);
  resume?.click?.({} as never, undefined, {} as never);
  expect(picked).toEqual(["resume"]);
  for (const away of [null, { ...status, runs: null }, { ...status, readOnly: "It is a replica." }]) {
    expect(item(away)).toMatchObject({ label: "Pause schedules and webhooks", enabled: false });
  }
});

test("tool tip and menu follow the instance, and the icon leaves with the app", () => {
  const tray = createTray("linux", clock, actions);
  const [shown] = FakeTray.all;
  expect(shown?.toolTip).toBe("Paperclip Desktop\nWhat runs is not known");
  tray?.show({ ...status, runs: { running: 1, queued: 0 } });
  expect(shown?.toolTip).toBe("Paperclip Desktop\n1 running\nNext: 14:05 Nightly triage");
  expect(shown?.menu).toEqual(expect.arrayContaining([expect.objectContaining({ label: "1 running" })]));
  shown?.emit("click");
  expect(picked).toEqual(["open"]);
  tray?.remove();
  expect(shown?.destroyed).toBe(true);
});

test("macOS is given a template that it colours, and its click opens the menu", () => {
  createTray("darwin", clock, actions);
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
  expect(createTray("linux", clock, actions)).toBeNull();
});
