import fc from "fast-check";
import { expect, test } from "vitest";
import { readSchedule } from "../../../../main/routines/calendar/schedule.ts";
import { slotsOf } from "../../../../main/routines/scheduler/due.ts";
import { type Account, nextStep } from "../../../../main/routines/scheduler/step.ts";
import { slotsBetween } from "../../../fixtures/slots-between.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const START = Date.UTC(2026, 2, 27);

const EXPRESSIONS = ["* * * * *", "*/7 * * * *", "0 * * * *", "30 2 * * *", "0 0 * * *", "15 9-17/4 * * mon-fri"];
const ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"];

/** What happens to the machine: it works, sleeps or is off for a while, or its clock is put back. */
const episode = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("awake" as const), ms: fc.integer({ min: 1, max: 8 * HOUR }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("away" as const), ms: fc.integer({ min: 1, max: 30 * HOUR }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("back" as const), ms: fc.integer({ min: 1, max: 4 * HOUR }) }),
  },
);

const policy = fc.constantFrom(
  "skip_missed",
  "enqueue_missed_with_cap",
  "enqueue_latest_missed",
  "hold",
) as fc.Arbitrary<Account["catchUp"]>;

test("whatever the machine does, every slot is covered by exactly one step, and none by two", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...EXPRESSIONS),
      fc.constantFrom(...ZONES),
      policy,
      fc.integer({ min: 5, max: 3_600 }),
      fc.integer({ min: 1, max: 40 }),
      fc.array(episode, { maxLength: 8 }),
      fc.nat(),
      (expression, zone, catchUp, graceSeconds, missedCap, episodes, seed) => {
        const slots = slotsOf({ kind: "schedule", cronExpression: expression, timezone: zone, onceAt: null });
        const rule = { graceMs: graceSeconds * 1_000, catchUp, missedCap };
        let accountedUntil = START;
        let now = START;
        let latest = START;
        let next = Infinity;
        const covered: { first: number; last: number; count: number }[] = [];
        const look = () => {
          for (;;) {
            const step = nextStep(slots, { ...rule, accountedUntil }, now);
            if (step.kind === "wait") {
              next = step.next ?? Infinity;
              return;
            }
            const row = step.kind === "run" ? { first: step.slot, last: step.slot, count: 1 } : step;
            expect(row.first).toBeGreaterThan(accountedUntil);
            covered.push(row);
            accountedUntil = row.last;
          }
        };
        for (const { kind, ms } of episodes) {
          if (kind === "back") now -= ms;
          else if (kind === "away") now += ms;
          else {
            // Awake, it looks at slots and between them.
            const until = now + ms;
            const pause = (7 + (seed % 17)) * MINUTE;
            for (; now < until; now += pause) look();
          }
          latest = Math.max(latest, now);
          look();
        }
        const expected = slotsBetween(readSchedule(expression, zone), START, latest);
        let place = 0;
        for (const { first, last, count } of covered) {
          expect([expected[place], expected[place + count - 1]]).toEqual([first, last]);
          place += count;
        }
        expect(expected[place] ?? Infinity).toBeGreaterThan(now);
        expect(next).toBeGreaterThan(now);
      },
    ),
    { numRuns: 200 },
  );
});

const hourly = slotsOf({ kind: "schedule", cronExpression: "0 * * * *", timezone: "UTC", onceAt: null });
const steps = (rule: Partial<Account>, now: number, accountedUntil = START) => {
  const account = { graceMs: 5 * MINUTE, catchUp: "skip_missed", missedCap: 25, accountedUntil, ...rule } as const;
  const done: string[] = [];
  let until = accountedUntil;
  for (;;) {
    const step = nextStep(hourly, { ...account, accountedUntil: until }, now);
    if (step.kind === "wait") return done;
    const hour = (at: number) => (at - START) / HOUR;
    if (step.kind === "run") done.push(`${step.missed ? "late" : "on time"} ${hour(step.slot)}`);
    else done.push(`${step.as} ${hour(step.first)}-${hour(step.last)} (${step.count})`);
    until = step.kind === "run" ? step.slot : step.last;
  }
};

test("after an absence of ten hours each policy does what it says", () => {
  const onTime = START + 10 * HOUR + 2 * MINUTE;
  const tooLate = START + 10 * HOUR + 6 * MINUTE;
  expect(steps({ catchUp: "skip_missed" }, onTime)).toEqual(["skipped 1-9 (9)", "on time 10"]);
  expect(steps({ catchUp: "skip_missed" }, tooLate)).toEqual(["skipped 1-10 (10)"]);
  expect(steps({ catchUp: "hold" }, tooLate)).toEqual(["held 1-10 (10)"]);
  expect(steps({ catchUp: "enqueue_latest_missed" }, tooLate)).toEqual(["skipped 1-9 (9)", "late 10"]);
  expect(steps({ catchUp: "enqueue_latest_missed" }, onTime)).toEqual(["skipped 1-9 (9)", "on time 10"]);
  expect(steps({ catchUp: "enqueue_missed_with_cap", missedCap: 3 }, tooLate)).toEqual([
    "skipped 1-7 (7)",
    "late 8",
    "late 9",
    "late 10",
  ]);
  expect(steps({ catchUp: "enqueue_missed_with_cap", missedCap: 3 }, onTime)).toEqual([
    "skipped 1-6 (6)",
    "late 7",
    "late 8",
    "late 9",
    "on time 10",
  ]);
  expect(steps({ catchUp: "enqueue_missed_with_cap" }, tooLate)).toHaveLength(10);
});

test("a slot is on time to the last millisecond of its grace", () => {
  expect(steps({}, START + HOUR + 5 * MINUTE)).toEqual(["on time 1"]);
  expect(steps({}, START + HOUR + 5 * MINUTE + 1)).toEqual(["skipped 1-1 (1)"]);
});

test("a once trigger has one slot, on time, missed or past", () => {
  const at = new Date(START + HOUR);
  const once = slotsOf({ kind: "once", cronExpression: null, timezone: null, onceAt: at });
  const account = { graceMs: 5 * MINUTE, catchUp: "enqueue_latest_missed", missedCap: 25 } as const;
  const step = (accountedUntil: number, now: number) => nextStep(once, { ...account, accountedUntil }, now);
  expect(step(START, START)).toEqual({ kind: "wait", next: START + HOUR });
  expect(step(START, START + HOUR)).toEqual({ kind: "run", slot: START + HOUR, missed: false });
  expect(step(START, START + 9 * HOUR)).toEqual({ kind: "run", slot: START + HOUR, missed: true });
  expect(step(START + HOUR, START + 9 * HOUR)).toEqual({ kind: "wait", next: null });
});
