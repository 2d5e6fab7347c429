import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { explainCron } from "../../../../main/routines/calendar/explain.ts";
import {
  markProblem,
  parseCron,
  printCron,
  type CronExpression,
} from "../../../../main/routines/calendar/expression.ts";
import { EXPRESSIONS } from "../../../fixtures/calendar-oracle.ts";

function parsed(source: string): CronExpression {
  const result = parseCron(source);
  if (!result.ok) throw new Error(`${source}: ${result.problem.message}`);
  return result.expression;
}

describe("parsing", () => {
  test.each([
    ["0 0 * * 7", "dayOfWeek", [0]],
    ["0 0 * * fri-sun", "dayOfWeek", [0, 5, 6]],
    ["0 0 * * 5-7", "dayOfWeek", [0, 5, 6]],
    ["0 0 * * SUN,Mon", "dayOfWeek", [0, 1]],
    ["0 0 * * */2", "dayOfWeek", [0, 2, 4, 6]],
    ["0 0 * jan-mar,12 *", "month", [1, 2, 3, 12]],
    ["*/25 0 * * *", "minute", [0, 25, 50]],
    ["50/5 0 * * *", "minute", [50, 55]],
    ["1-9/4 0 * * *", "minute", [1, 5, 9]],
    [" \t0  0 * *\t* ", "hour", [0]],
    ["@weekly", "dayOfWeek", [0]],
    ["@Hourly", "minute", [0]],
  ] as const)("%s: the %s is %j", (source, field, values) => {
    expect(parsed(source)[field].values).toEqual(values);
  });

  test.each([
    ["", 0, "empty"],
    ["0 0 * *", 7, "day of the week is missing"],
    ["0 0 * * * *", 10, "6 fields"],
    ["5x * * * *", 0, "5x"],
    ["0 24 * * *", 2, "0 to 23"],
    ["60 * * * *", 0, "0 to 59"],
    ["0 0 0 * *", 4, "1 to 31"],
    ["0 0 * 13 *", 6, "1 to 12"],
    ["0 0 * * 8", 8, "0 to 7"],
    ["0 22-2 * * *", 2, "ends before"],
    ["1,,2 * * * *", 2, "missing"],
    ["*/0 * * * *", 2, "step"],
    ["*/61 * * * *", 2, "step"],
    ["*/ * * * *", 2, "no number"],
    ["-5 * * * *", 0, "missing"],
    ["1-2-3 * * * *", 2, "no minute"],
    ["0 0 31 2 *", 4, "never"],
    ["0 0 30,31 feb */2", 4, "never"],
    ["0 0 31 4,6,9,11 *", 4, "never"],
    ["0 0 L * *", 4, "no day of the month"],
    ["0 0 * * mon#2", 8, "no day of the week"],
    ["H * * * *", 0, "no minute"],
    ["٣ * * * *", 0, "no minute"],
    ["0 0 * * *\n", 8, "no day of the week"],
    ["@reboot", 0, "none of"],
    ["@constructor", 0, "none of"],
    ["@daily now", 7, "nothing may follow"],
    ["0 ".repeat(600), 1_000, "longer"],
  ])("%j is refused at %i: %s", (source, position, words) => {
    const result = parseCron(source);
    if (result.ok) throw new Error("was accepted");
    expect(result.problem).toMatchObject({ position, message: expect.stringContaining(words) });
  });

  test("31 February stands beside a day of the week, as an alternative", () => {
    expect(parsed("0 0 31 2 1").dayOfMonth.values).toEqual([31]);
  });

  test("the place is marked", () => {
    expect(markProblem("0 25 * * *", { message: "", position: 2, length: 2 })).toBe("0 >25< * * *");
  });

  const soup = fc.string({ unit: fc.constantFrom(..."0123456789*/-,? @LWjanmonfri#"), maxLength: 40 });

  test("any text is an expression or a problem within it, and what is printed parses to the same", () => {
    fc.assert(
      fc.property(fc.oneof(soup, fc.string(), fc.constantFrom(...EXPRESSIONS)), (source) => {
        const result = parseCron(source);
        const sound = result.ok
          ? isDeepStrictEqual(parseCron(printCron(result.expression)), result) &&
            /^(At|Every) .*, UTC$/.test(explainCron(result.expression, "UTC"))
          : result.problem.position <= source.length && !result.problem.message.includes("undefined");
        expect({ source, sound }).toEqual({ source, sound: true });
      }),
      { numRuns: 5_000 },
    );
  });
});

test.each([
  ["0 2 * * mon-fri", "At 02:00, Monday to Friday, Europe/Berlin"],
  ["30 2,14 * * *", "At 02:30 and 14:30, every day, Europe/Berlin"],
  ["* * * * *", "Every minute, every day, Europe/Berlin"],
  ["*/15 * * * *", "Every 15 minutes, every day, Europe/Berlin"],
  ["*/25 * * * *", "At minute 0, 25 and 50 of every hour, every day, Europe/Berlin"],
  ["@hourly", "Every hour, on the hour, every day, Europe/Berlin"],
  ["*/10 9-17 * * 1-5", "Every 10 minutes from 09:00 to 17:59, Monday to Friday, Europe/Berlin"],
  ["0 */2 * * *", "At minute 0 of every 2nd hour from 00:00, every day, Europe/Berlin"],
  ["0 */13 * * *", "At 00:00 and 13:00, every day, Europe/Berlin"],
  ["0 0 13 * 5", "At 00:00, on day 13 of the month or on Friday, Europe/Berlin"],
  ["0 0 1 jan,jul *", "At 00:00, on day 1 of the month, in January and July, Europe/Berlin"],
  ["0 0 * * 6,0", "At 00:00, Saturday and Sunday, Europe/Berlin"],
])("%s in words: %s", (source, words) => {
  expect(explainCron(parsed(source), "Europe/Berlin")).toBe(words);
});
