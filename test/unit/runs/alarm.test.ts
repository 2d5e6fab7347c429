import { expect, test } from "vitest";
import { createAlarm } from "../../../main/runs/alarm.ts";
import { steppingClock } from "../../fixtures/runs.ts";

const HOUR = 3_600_000;

function setUp(longestMs = 24 * HOUR) {
  const clock = steppingClock();
  const rung: number[] = [];
  const start = clock.monotonicMs();
  const alarm = createAlarm(clock, longestMs, () => rung.push(Math.round((clock.monotonicMs() - start) / HOUR)));
  return { clock, rung, alarm };
}

test("rings once, at the earliest moment that was asked for", () => {
  const { clock, rung, alarm } = setUp();
  alarm.setIn(3 * HOUR);
  alarm.setFor(new Date(clock.now().getTime() + 2 * HOUR));
  alarm.setIn(4 * HOUR);
  clock.advance(HOUR);
  expect(rung).toEqual([]);
  clock.advance(HOUR);
  clock.advance(10 * HOUR);
  expect(rung).toEqual([2]);
  alarm.setIn(HOUR);
  clock.advance(HOUR);
  expect(rung).toEqual([2, 13]);
  alarm.stop();
});

test("rings early rather than sleep too long", () => {
  const { clock, rung, alarm } = setUp(HOUR);
  alarm.setIn(5 * HOUR);
  clock.advance(HOUR);
  expect(rung).toEqual([1]);
});

test("is silent once it is stopped", () => {
  const { clock, rung, alarm } = setUp();
  alarm.setIn(HOUR);
  alarm.stop();
  alarm.setIn(HOUR);
  clock.advance(5 * HOUR);
  expect(rung).toEqual([]);
});
