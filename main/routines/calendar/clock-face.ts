import { daysAreAlternatives, type CronExpression } from "./expression.ts";

/*
 * What a clock on a wall shows, without a zone: a *wall time* is written as the milliseconds that UTC would have if it showed
 * the same. Arithmetic on it is the proleptic Gregorian calendar's and nothing else.
 */

const MINUTE = 60_000;
export const DAY = 86_400_000;

/** Months that are looked through: 40 years lie between two 29 February of one day of the week at most (2080 to 2120 …). */
const MOST_MONTHS = 12 * 41;

/** The first wall time at or after `wall` that the expression matches, or null where the calendar ends. */
export function firstMatch(expression: CronExpression, wall: number): number | null {
  const from = Math.ceil(wall / MINUTE) * MINUTE;
  const today = Math.floor(from / DAY) * DAY;
  if (dayMatches(expression, today)) {
    const time = timeFrom(expression, (from - today) / MINUTE);
    if (time !== null) return today + time * MINUTE;
  }
  const day = firstDay(expression, today + DAY);
  const time = timeFrom(expression, 0);
  return day === null || time === null ? null : day + time * MINUTE;
}

/** Wall times in `[from, to)` that the expression matches, `limit` at most. */
export function matchesWithin(expression: CronExpression, from: number, to: number, limit: number): number[] {
  const found: number[] = [];
  let match = firstMatch(expression, from);
  while (match !== null && match < to && found.length < limit) {
    found.push(match);
    match = firstMatch(expression, match + MINUTE);
  }
  return found;
}

/** The first minute of a day at or after `minute` that the hour and minute fields match. */
function timeFrom({ hour, minute }: CronExpression, from: number): number | null {
  const thisHour = Math.floor(from / 60);
  for (const candidate of hour.values) {
    if (candidate < thisHour) continue;
    const found = minute.values.find((value) => candidate > thisHour || value >= from % 60);
    if (found !== undefined) return candidate * 60 + found;
  }
  return null;
}

/** The first matching day at or after `day`: by months that match, then by days within them. */
function firstDay(expression: CronExpression, day: number): number | null {
  const start = new Date(day);
  let [year, month, dayOfMonth] = [start.getUTCFullYear(), start.getUTCMonth(), start.getUTCDate()];
  for (let looked = 0; looked < MOST_MONTHS; looked += 1) {
    if (expression.month.values.includes(month + 1)) {
      const first = dayOf(year, month, 1);
      const days = (dayOf(year, month + 1, 1) - first) / DAY;
      for (let candidate = dayOfMonth; candidate <= days; candidate += 1) {
        const found = first + (candidate - 1) * DAY;
        if (matchesInMonth(expression, candidate, found)) return found;
      }
    }
    dayOfMonth = 1;
    month += 1;
    if (month === 12) [year, month] = [year + 1, 0];
  }
  return null;
}

/** `Date.UTC` takes years before 100 for years of the twentieth century. */
function dayOf(year: number, month: number, dayOfMonth: number): number {
  return new Date(0).setUTCFullYear(year, month, dayOfMonth);
}

function dayMatches(expression: CronExpression, day: number): boolean {
  const date = new Date(day);
  return expression.month.values.includes(date.getUTCMonth() + 1) && matchesInMonth(expression, date.getUTCDate(), day);
}

function matchesInMonth(expression: CronExpression, dayOfMonth: number, day: number): boolean {
  const ofMonth = expression.dayOfMonth.values.includes(dayOfMonth);
  const ofWeek = expression.dayOfWeek.values.includes(weekday(day));
  return daysAreAlternatives(expression) ? ofMonth || ofWeek : ofMonth && ofWeek;
}

/** 0 for Sunday. The epoch was a Thursday. */
function weekday(day: number): number {
  return (((day / DAY + 4) % 7) + 7) % 7;
}
