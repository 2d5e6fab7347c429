import { expect, test, vi } from "vitest";
import { asked, electron, FakeContents } from "./fake-electron.ts";

vi.mock("electron", async () => (await import("./fake-electron.ts")).electron);
const { denyEverything, mayBeLoaded } = await import("../../../../main/hosts/electron/denial.ts");
const { PANEL_URL } = await import("../../../../main/hosts/electron/scheme.ts");

denyEverything();

test("every permission is denied: asked for, checked, of a device, of the screen", () => {
  const [request, check, device, display] = asked.permissions as unknown as ((...given: unknown[]) => unknown)[];
  const answers: unknown[] = [];
  request?.(null, "media", (answer: unknown) => answers.push(answer));
  display?.({}, (streams: unknown) => answers.push(streams));
  expect([...answers, check?.(), device?.()]).toEqual([false, null, false, false]);
});

test("no page navigates, opens windows, embeds others or downloads", () => {
  const contents = new FakeContents();
  electron.app.emit("web-contents-created", null, contents);
  expect(contents.openHandler?.()).toEqual({ action: "deny" });
  const prevented: string[] = [];
  for (const event of ["will-navigate", "will-frame-navigate", "will-redirect", "will-attach-webview"]) {
    contents.emit(event, { preventDefault: () => prevented.push(event) });
  }
  electron.session.defaultSession.emit("will-download", { preventDefault: () => prevented.push("will-download") });
  expect(prevented).toHaveLength(5);
});

test("only the panel's own files are fetched", () => {
  const before = asked.permissions.at(-1) as unknown as (
    details: { url: string },
    answer: (given: unknown) => void,
  ) => void;
  const cancelled = (url: string) => {
    let answer: unknown;
    before({ url }, (given) => (answer = given));
    return answer;
  };
  expect(cancelled(`${PANEL_URL}assets/index.js`)).toEqual({ cancel: false });
  for (const url of [
    "https://example.com/",
    "http://127.0.0.1:3100/",
    "file:///etc/passwd",
    "ws://localhost/",
    "app://x/",
  ]) {
    expect({ url, answer: cancelled(url) }).toEqual({ url, answer: { cancel: true } });
  }
});

test("the developer tools are loaded in the source tree and not in the installed app", () => {
  const tools = "devtools://devtools/bundled/inspector.html";
  expect([mayBeLoaded(tools, false), mayBeLoaded(tools, true)]).toEqual([true, false]);
  expect([mayBeLoaded(PANEL_URL, true), mayBeLoaded("chrome-extension://x/", false)]).toEqual([true, false]);
});
