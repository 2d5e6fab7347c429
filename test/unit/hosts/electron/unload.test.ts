import { beforeEach, expect, test, vi } from "vitest";
import { electron, FakeWindow } from "./fake-electron.ts";

vi.mock("electron", async () => (await import("./fake-electron.ts")).electron);
const { askBeforeReload } = await import("../../../../main/hosts/electron/unload.ts");

const [DISCARD, KEEP] = [0, 1];
const { showMessageBox } = electron.dialog;
beforeEach(() => void showMessageBox.mockReset());

function scene(unsaved: string | null = "Nightly triage") {
  const window = new FakeWindow({});
  const state = { quitting: false };
  askBeforeReload(window as never, { unsaved: () => unsaved, isQuitting: () => state.quitting });
  /** Whether the page, which wants to stay, is overruled. */
  const unload = () => {
    const preventDefault = vi.fn<() => void>();
    window.webContents.emit("will-prevent-unload", { preventDefault });
    return preventDefault.mock.calls.length > 0;
  };
  return { window, contents: window.webContents, state, unload };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("a reload over unsaved input is asked about once, and goes on when the operator says so", async () => {
  const { contents, unload } = scene();
  let answer: (response: number) => void = () => undefined;
  showMessageBox.mockReturnValueOnce(new Promise((resolve) => (answer = (response) => resolve({ response }))));
  expect([unload(), unload()]).toEqual([false, false]);
  expect(showMessageBox).toHaveBeenCalledOnce();
  expect(showMessageBox.mock.calls[0]?.[1]).toMatchObject({
    message: 'Unsaved changes in "Nightly triage" would be lost.',
    buttons: ["Discard and reload", "Keep editing"],
    defaultId: KEEP,
    cancelId: KEEP,
  });
  expect(contents.reload).not.toHaveBeenCalled();
  answer(DISCARD);
  await settled();
  expect(contents.reload).toHaveBeenCalledOnce();
  expect(unload()).toBe(true);
});

test("input that is kept stays, and the next reload is asked about again", async () => {
  const { contents, unload } = scene();
  showMessageBox.mockResolvedValue({ response: KEEP });
  expect(unload()).toBe(false);
  await settled();
  expect(unload()).toBe(false);
  expect(contents.reload).not.toHaveBeenCalled();
  expect(showMessageBox).toHaveBeenCalledTimes(2);
});

test("what was confirmed for one page does not count for the next", async () => {
  const { contents, unload } = scene(null);
  showMessageBox.mockResolvedValue({ response: DISCARD });
  unload();
  await settled();
  expect(showMessageBox.mock.calls[0]?.[1]).toMatchObject({ message: "Unsaved changes would be lost." });
  contents.emit("did-navigate");
  expect(unload()).toBe(false);
});

test("a page does not keep an app that ends, and a question that fails does not keep the page for ever", async () => {
  const { state, unload } = scene();
  showMessageBox.mockRejectedValueOnce(new Error("no display"));
  unload();
  await settled();
  showMessageBox.mockResolvedValue({ response: KEEP });
  unload();
  expect(showMessageBox).toHaveBeenCalledTimes(2);
  await settled();
  state.quitting = true;
  expect(unload()).toBe(true);
});
