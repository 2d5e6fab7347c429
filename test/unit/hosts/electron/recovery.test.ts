import { beforeEach, expect, test, vi } from "vitest";
import { electron, FakeWindow } from "./fake-electron.ts";

vi.mock("electron", async () => (await import("./fake-electron.ts")).electron);
const { recoverPanel } = await import("../../../../main/hosts/electron/recovery.ts");

let nowMs = 0;
let isQuitting = false;
let window: FakeWindow;
let reports: string[];
let quits: number;
let unsaved: string | null;
beforeEach(() => {
  [nowMs, isQuitting, reports, quits, unsaved] = [0, false, [], 0, null];
  window = new FakeWindow({});
  electron.dialog.showMessageBox.mockReset();
  recoverPanel(window as never, {
    clock: { now: () => new Date(0), monotonicMs: () => nowMs, after: () => () => undefined },
    report: (error) => reports.push(error.message),
    unsaved: () => unsaved,
    isQuitting: () => isQuitting,
    quit: () => (quits += 1),
  });
});

const end = (reason: string) => window.webContents.emit("render-process-gone", {}, { reason, exitCode: 5 });
const reloads = () => window.webContents.reload.mock.calls.length;

test("a panel whose process ended is loaded anew, with a line in the log", () => {
  end("crashed");
  expect([reloads(), reports]).toEqual([1, ["the process of the panel is gone: crashed, exit code 5"]]);
  nowMs = 60_000;
  end("oom");
  expect(reloads()).toBe(2);
  expect(electron.dialog.showMessageBox).not.toHaveBeenCalled();
});

test("one that ends again at once is the operator's to decide", async () => {
  electron.dialog.showMessageBox.mockResolvedValueOnce({ response: 0 }).mockResolvedValueOnce({ response: 1 });
  end("crashed");
  nowMs = 1_000;
  end("crashed");
  await vi.waitFor(() => expect(reloads()).toBe(2));
  nowMs = 2_000;
  end("crashed");
  await vi.waitFor(() => expect(quits).toBe(1));
  expect(reloads()).toBe(2);
  expect(electron.dialog.showMessageBox.mock.calls[0]?.[1]).toMatchObject({
    buttons: ["Reload panel", "Quit Paperclip Desktop"],
    defaultId: 0,
  });
});

test("a panel that hangs is ended, and so loaded anew", () => {
  window.emit("unresponsive");
  expect(window.webContents.forcefullyCrashRenderer).toHaveBeenCalledOnce();
  end("killed");
  expect(reloads()).toBe(1);
});

test("a panel that hangs with unsaved input is ended when the operator says so", async () => {
  unsaved = "Nightly triage";
  electron.dialog.showMessageBox.mockResolvedValueOnce({ response: 1 }).mockResolvedValueOnce({ response: 0 });
  window.emit("unresponsive");
  await vi.waitFor(() => expect(window.listenerCount("responsive")).toBe(0));
  expect(window.webContents.forcefullyCrashRenderer).not.toHaveBeenCalled();
  window.emit("unresponsive");
  await vi.waitFor(() => expect(window.webContents.forcefullyCrashRenderer).toHaveBeenCalledOnce());
  expect(electron.dialog.showMessageBox.mock.calls[0]?.[1]).toMatchObject({
    message: "The panel does not respond.",
    detail: 'Unsaved changes in "Nightly triage" would be lost if it is loaded anew.',
    buttons: ["Discard and reload", "Wait"],
  });
});

test("a panel that responds again takes the question back", async () => {
  unsaved = "Nightly triage";
  let answer: (response: number) => void = () => undefined;
  electron.dialog.showMessageBox.mockReturnValueOnce(
    new Promise((resolve) => (answer = (response) => resolve({ response }))),
  );
  window.emit("unresponsive");
  const signal = electron.dialog.showMessageBox.mock.calls[0]?.[1]["signal"];
  window.emit("responsive");
  expect(signal).toMatchObject({ aborted: true });
  answer(0);
  await new Promise((resolve) => setImmediate(resolve));
  expect(window.webContents.forcefullyCrashRenderer).not.toHaveBeenCalled();
});

test("what ends in order or with the app is left alone", () => {
  end("clean-exit");
  isQuitting = true;
  end("killed");
  expect([reloads(), reports]).toEqual([0, []]);
});
