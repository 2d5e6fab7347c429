import { expect, test } from "vitest";
import { followTrayStatus } from "../../../../main/hosts/electron/tray-status.ts";
import type { Clock } from "../../../../main/instance/clock.ts";
import { streamOf } from "../../../../main/stream.ts";

test("the instance is looked at now and after changes, many of them at once, until the app ends", async () => {
  const listeners = new Set<(change: { topic: string }) => void>();
  const timers: (() => void)[] = [];
  const clock: Clock = {
    now: () => new Date(0),
    monotonicMs: () => 0,
    after: (_delay, work) => {
      timers.push(work);
      return () => undefined;
    },
  };
  const counts: (() => Promise<unknown>)[] = [
    async () => ({ runs: { running: 0, queued: 1 } }),
    async () => ({ runs: { running: 1, queued: 0 } }),
    () => Promise.reject(new Error("the database is away")),
  ];
  const client = {
    system: {
      status: () => (counts.shift() ?? (async () => ({ runs: null })))(),
      changes: async (_input: undefined, { signal }: { signal: AbortSignal }) =>
        streamOf((listener: (change: { topic: string }) => void) => {
          listeners.add(listener);
          return () => listeners.delete(listener);
        }, signal),
    },
  };
  const told: unknown[] = [];
  const leave = new AbortController();
  const over = followTrayStatus(client as never, clock, leave.signal, (status) => told.push(status?.runs ?? null));
  await expect.poll(() => told).toEqual([{ running: 0, queued: 1 }]);
  const change = (topic: string) => listeners.forEach((listener) => listener({ topic }));
  for (const topic of ["secrets", "runs", "runs", "status"]) change(topic);
  await expect.poll(() => timers.length).toBe(1);
  timers[0]?.();
  await expect.poll(() => told.at(-1)).toEqual({ running: 1, queued: 0 });
  change("resync");
  await expect.poll(() => timers.length).toBe(2);
  timers[1]?.();
  await expect.poll(() => told).toEqual([{ running: 0, queued: 1 }, { running: 1, queued: 0 }, null]);
  leave.abort();
  await over;
  expect(listeners.size).toBe(0);
});
