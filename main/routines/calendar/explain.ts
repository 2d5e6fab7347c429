import { daysAreAlternatives, type CronExpression, type CronField } from "./expression.ts";

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

/** Times of day that are named one by one; more are told as minutes and hours. */
const MOST_TIMES = 6;

/** The expression in words: `At 02:00, Monday to Friday, Europe/Berlin`. */
export function explainCron(expression: CronExpression, zoneName: string): string {
  const days = daysOf(expression);
  const months = all(expression.month, 12) ? "" : `in ${list(expression.month.values, (month) => MONTHS[month - 1])}`;
  return [timesOf(expression), days, months, zoneName].filter(Boolean).join(", ");
}

function timesOf({ minute, hour }: CronExpression): string {
  const everyHour = all(hour, 24);
  if (everyHour && all(minute, 60)) return "Every minute";
  if (!everyHour && minute.values.length * hour.values.length <= MOST_TIMES) {
    const times = hour.values.flatMap((hours) => minute.values.map((minutes) => `${two(hours)}:${two(minutes)}`));
    return `At ${joined(times)}`;
  }
  const hours = hoursOf(hour);
  if (all(minute, 60)) return `Every minute ${hours}`;
  const pace = paceOf(minute.values, 60);
  if (pace !== null) return `Every ${pace} minutes${everyHour ? "" : ` ${hours}`}`;
  const [first] = minute.values;
  if (everyHour && minute.values.length === 1 && first === 0) return "Every hour, on the hour";
  return `At minute ${list(minute.values, String)} ${everyHour ? "of every hour" : hours}`;
}

function hoursOf(hour: CronField): string {
  const { values } = hour;
  const pace = paceOf(values, 24);
  if (pace !== null) return `of every ${ordinal(pace)} hour from 00:00`;
  const [first = 0] = values;
  const last = values.at(-1) ?? first;
  if (values.length > 1 && last - first === values.length - 1) return `from ${two(first)}:00 to ${two(last)}:59`;
  return `of the hours ${list(values, (value) => `${two(value)}:00`)}`;
}

function daysOf(expression: CronExpression): string {
  const { dayOfMonth, dayOfWeek } = expression;
  const ofMonth = all(dayOfMonth, 31) ? "" : `on day ${list(dayOfMonth.values, String)} of the month`;
  const ofWeek = all(dayOfWeek, 7) ? "" : week(dayOfWeek.values);
  if (daysAreAlternatives(expression)) return ofMonth && ofWeek ? `${ofMonth} or on ${ofWeek}` : "every day";
  if (ofMonth && ofWeek) return `${ofMonth} where that is a ${joined(dayOfWeek.values.map(dayName), "or")}`;
  return ofMonth || ofWeek || "every day";
}

/** Days of a week that begins on Monday, as people say them. */
function week(values: readonly number[]): string {
  return list(
    values.map((day) => (day === 0 ? 7 : day)).toSorted((a, b) => a - b),
    (day) => dayName(day % 7),
  );
}

const dayName = (day: number): string => DAYS[day] ?? "";
const all = (field: CronField, count: number): boolean => field.values.length === count;
const two = (value: number): string => String(value).padStart(2, "0");

/** The step of values that repeat evenly from 0 through the whole hour or day, or null. */
function paceOf(values: readonly number[], size: number): number | null {
  const [first, second] = values;
  if (first !== 0 || second === undefined || size % second !== 0) return null;
  const even = values.length === size / second && values.every((value, index) => value === index * second);
  return even && second > 1 ? second : null;
}

function ordinal(value: number): string {
  return value === 2 ? "2nd" : value === 3 ? "3rd" : `${value}th`;
}

/** Values by name; three and more in a row as a range. */
function list(values: readonly number[], name: (value: number) => string | undefined): string {
  const parts: string[] = [];
  for (let index = 0; index < values.length; index += 1) {
    let end = index;
    while (values[end + 1] === (values[end] ?? 0) + 1) end += 1;
    if (end - index >= 2) {
      parts.push(`${name(values[index] ?? 0)} to ${name(values[end] ?? 0)}`);
      index = end;
    } else parts.push(name(values[index] ?? 0) ?? "");
  }
  return joined(parts);
}

function joined(parts: readonly string[], word = "and"): string {
  const last = parts.at(-1) ?? "";
  return parts.length < 2 ? last : `${parts.slice(0, -1).join(", ")} ${word} ${last}`;
}
