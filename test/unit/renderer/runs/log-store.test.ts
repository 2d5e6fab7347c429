import { expect, test } from "vitest";
import type { NumberedLine } from "../../../../preload/contract/runs.ts";
import { createLogStore } from "../../../../renderer/features/runs/log/log-store.ts";
import type { LogStore } from "../../../../renderer/features/runs/log/log-store.ts";

const lineOf = (number: number, text = `line ${number}`): NumberedLine => ({
  number,
  at: "2026-03-08T07:00:00.000Z",
  stream: "stdout",
  text,
});

/** A log of so many lines, of which an answer holds `most` at most. */
function logOf(total: number, { most = 500, complete = true, textOf = (n: number) => `line ${n}` } = {}) {
  const asked: { from: number; count: number }[] = [];
  const log = {
    total,
    fails: false,
    asked,
    load: async (from: number, count: number) => {
      asked.push({ from, count });
      if (log.fails) throw new Error("no answer");
      const length = Math.max(0, Math.min(count, most, log.total - from));
      const lines = Array.from({ length }, (_, index) => lineOf(from + index, textOf(from + index)));
      return { lines, total: log.total, complete };
    },
  };
  return log;
}

/** Waits until nothing is asked for any more. */
async function settled(store: LogStore): Promise<void> {
  for (let before = -1; before !== store.snapshot().version;) {
    before = store.snapshot().version;
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  }
}

test("asks for what is looked at, and for what is near it", async () => {
  const log = logOf(100_000);
  const store = createLogStore(log.load);
  store.open();
  await settled(store);
  store.show(50_000, 50_030);
  await settled(store);
  expect(store.snapshot()).toMatchObject({ total: 100_000, complete: true, failure: null });
  expect(store.line(50_000)?.text).toBe("line 50000");
  expect(store.line(49_800)?.text).toBe("line 49800");
  expect(store.line(50_200)?.text).toBe("line 50200");
  expect(store.line(60_000)).toBeUndefined();
});

test("goes on asking where an answer holds fewer lines than asked for", async () => {
  const store = createLogStore(logOf(1_000, { most: 7 }).load);
  store.open();
  store.show(100, 140);
  await settled(store);
  expect([100, 120, 140].map((number) => store.line(number)?.text)).toEqual(["line 100", "line 120", "line 140"]);
});

test("keeps no more than a window, however much was looked at", async () => {
  const store = createLogStore(logOf(100_000).load);
  store.open();
  await settled(store);
  for (let first = 0; first < 100_000; first += 400) {
    store.show(first, first + 30);
    await settled(store);
  }
  const kept = Array.from({ length: 100_000 }, (_, number) => number).filter((number) => store.line(number));
  expect(kept.length).toBeLessThanOrEqual(4_000);
  expect(store.line(0)).toBeUndefined();
});

test("lines that come are there at once, without being asked for", async () => {
  const log = logOf(3, { complete: false });
  const store = createLogStore(log.load);
  store.open();
  store.show(0, 2);
  await settled(store);
  const before = log.asked.length;
  store.append(3, [lineOf(3), lineOf(4)]);
  expect(store.snapshot().total).toBe(5);
  expect(store.line(4)?.text).toBe("line 4");
  expect(log.asked.length).toBe(before);
});

test("says why nothing came, and asks again when told to", async () => {
  const log = logOf(10);
  log.fails = true;
  const store = createLogStore(log.load);
  store.open();
  await settled(store);
  expect(store.snapshot().failure?.message).toBe("no answer");
  log.fails = false;
  store.refresh();
  await settled(store);
  expect(store.snapshot()).toMatchObject({ failure: null, total: 10 });
});

test("a log that turns out shorter is not asked for its missing end for ever", async () => {
  const log = logOf(100);
  const store = createLogStore(log.load);
  store.open();
  await settled(store);
  log.total = 40;
  store.show(60, 90);
  store.refresh();
  await settled(store);
  expect(log.asked.length).toBeLessThan(10);
});
