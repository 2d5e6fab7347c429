import { beforeEach, expect, test, vi } from "vitest";
import { streamOf } from "../../../../main/stream.ts";
import type { Notice } from "../../../../preload/contract/notifications.ts";
import { FakeNotification } from "./fake-electron.ts";

vi.mock("electron", async () => (await import("./fake-electron.ts")).electron);
const { followNotices } = await import("../../../../main/hosts/electron/notifications.ts");

const companyId = "10000000-0000-4000-8000-000000000001";
const failing: Notice = {
  tag: "routine 1",
  kind: "failing",
  companyId,
  title: "Nightly triage fails",
  body: "Its last run failed.",
  to: "/runs/1",
};

/** What the control plane says, and a way to say something. */
function plane() {
  const listeners = new Set<(notice: Notice) => void>();
  const client = {
    notifications: {
      follow: async (_input: undefined, { signal }: { signal: AbortSignal }) =>
        streamOf((listener: (notice: Notice) => void) => {
          listeners.add(listener);
          return () => listeners.delete(listener);
        }, signal),
    },
  };
  return {
    client: client as never,
    say: (notice: Notice) => listeners.forEach((listener) => listener(notice)),
    listeners,
  };
}

beforeEach(() => {
  FakeNotification.all.length = 0;
  FakeNotification.supported = true;
});

test("each notice is shown, the newer one in the older one's place, and a click goes where it says", async () => {
  const { client, say, listeners } = plane();
  const leave = new AbortController();
  const opened: string[][] = [];
  const over = followNotices(client, leave.signal, (...place) => opened.push(place));
  await expect.poll(() => listeners.size).toBe(1);
  say(failing);
  say({ ...failing, kind: "recovered", title: "Nightly triage works again", to: "/runs/2" });
  await expect.poll(() => FakeNotification.all.length).toBe(2);
  const [first, second] = FakeNotification.all;
  expect(first?.options).toEqual({ title: failing.title, body: failing.body });
  expect([first?.closed, second?.closed, second?.shown]).toEqual([true, false, 1]);
  second?.emit("click");
  expect(opened).toEqual([["/runs/2", companyId]]);
  leave.abort();
  await over;
  expect(listeners.size).toBe(0);
});

test("where the desktop has no notifications nobody follows them", async () => {
  FakeNotification.supported = false;
  const { client, listeners } = plane();
  await followNotices(client, new AbortController().signal, () => undefined);
  expect(listeners.size).toBe(0);
});
