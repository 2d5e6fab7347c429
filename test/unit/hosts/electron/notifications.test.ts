import { beforeEach, expect, test, vi } from "vitest";
import type { Clock } from "../../../../main/instance/clock.ts";
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

const timers: (() => void)[] = [];
const clock: Clock = {
  now: () => new Date(0),
  monotonicMs: () => 0,
  after: (_delay, work) => {
    timers.push(work);
    return () => undefined;
  },
};

/** What the control plane says, a way to say something, and one to end what is followed, as a restore does. */
function plane() {
  let restore = new AbortController();
  const listeners = new Set<(notice: Notice) => void>();
  const client = {
    notifications: {
      follow: async (_input: undefined, { signal }: { signal: AbortSignal }) =>
        streamOf(
          (listener: (notice: Notice) => void) => {
            listeners.add(listener);
            return () => listeners.delete(listener);
          },
          AbortSignal.any([signal, restore.signal]),
        ),
    },
  };
  return {
    client: client as never,
    say: (notice: Notice) => listeners.forEach((listener) => listener(notice)),
    end: () => {
      restore.abort();
      restore = new AbortController();
    },
    listeners,
  };
}

beforeEach(() => {
  timers.length = 0;
  FakeNotification.all.length = 0;
  FakeNotification.supported = true;
});

test("each notice is shown, the newer one in the older one's place, and a click goes where it says", async () => {
  const { client, say, listeners } = plane();
  const leave = new AbortController();
  const opened: string[][] = [];
  const over = followNotices(client, clock, leave.signal, (...place) => opened.push(place));
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
  await followNotices(client, clock, new AbortController().signal, () => undefined);
  expect(listeners.size).toBe(0);
});

test("what a restore ended is followed anew", async () => {
  const { client, say, end, listeners } = plane();
  const leave = new AbortController();
  const over = followNotices(client, clock, leave.signal, () => undefined);
  await expect.poll(() => listeners.size).toBe(1);
  end();
  await expect.poll(() => [listeners.size, timers.length]).toEqual([0, 1]);
  timers[0]?.();
  await expect.poll(() => listeners.size).toBe(1);
  say(failing);
  await expect.poll(() => FakeNotification.all.length).toBe(1);
  end();
  await expect.poll(() => timers.length).toBe(2);
  leave.abort();
  await over;
});
