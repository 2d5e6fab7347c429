import fc from "fast-check";
import { expect, test } from "vitest";
import { parseCron } from "../../../../../main/routines/calendar/expression.ts";
import {
  expressionOf,
  HOUR_STEPS,
  MINUTE_STEPS,
  type Preset,
  presetAs,
  presetOf,
} from "../../../../../renderer/features/routines/triggers/cron-presets.ts";

const minute = fc.integer({ min: 0, max: 59 });
const hour = fc.integer({ min: 0, max: 23 });
const days = fc.subarray([0, 1, 2, 3, 4, 5, 6], { minLength: 1 });
const known: fc.Arbitrary<Preset> = fc.oneof(
  fc.record({ kind: fc.constant("minutes" as const), every: fc.constantFrom(...MINUTE_STEPS) }),
  fc.record({ kind: fc.constant("hourly" as const), minute }),
  fc.record({ kind: fc.constant("hours" as const), every: fc.constantFrom(...HOUR_STEPS), minute }),
  fc.record({ kind: fc.constant("daily" as const), hour, minute }),
  fc.record({ kind: fc.constant("weekdays" as const), hour, minute }),
  fc.record({ kind: fc.constant("weekly" as const), days, hour, minute }),
  fc.record({ kind: fc.constant("monthly" as const), day: fc.integer({ min: 1, max: 31 }), hour, minute }),
);

test("whatever a preset makes is recognised as the same preset with the same fields, and is a schedule", () => {
  fc.assert(
    fc.property(known, (preset) => {
      const expression = expressionOf(preset);
      expect(presetOf(expression)).toEqual(preset);
      expect(parseCron(expression).ok).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});

const field = fc.stringMatching(/^[0-9*,/-]{1,6}$/);
const anything = fc.oneof(
  fc.tuple(field, field, field, field, field).map((fields) => fields.join(" ")),
  fc.string({ maxLength: 40 }),
  known.map((preset) => ` ${expressionOf(preset)}`),
  known.map((preset) => expressionOf(preset).replace(/\d+/, "0$&")),
);

test("an expression is never changed by being shown", () => {
  fc.assert(
    fc.property(anything, (expression) => {
      expect(expressionOf(presetOf(expression))).toBe(expression);
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  "0 9 * * mon-fri",
  "@daily",
  "60 * * * *",
  "0 24 * * *",
  "*/7 * * * *",
  "0 9 * * 7",
  "0 9 * * 3,1",
  "0 9 32 * *",
  "0 9 * 1 *",
  "00 9 * * *",
])("%s is a custom schedule", (expression) => {
  expect(presetOf(expression)).toEqual({ kind: "custom", expression });
});

test("another kind keeps the time of day, and the days where it can", () => {
  expect(presetAs("weekly", presetOf("30 2 * * 1-5"))).toEqual({
    kind: "weekly",
    days: [1, 2, 3, 4, 5],
    hour: 2,
    minute: 30,
  });
  expect(presetAs("custom", presetOf("30 2 * * *"))).toEqual({ kind: "custom", expression: "30 2 * * *" });
  expect(presetAs("daily", presetOf("@daily"))).toEqual({ kind: "daily", hour: 9, minute: 0 });
});
