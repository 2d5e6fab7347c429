/** The schedules that most people want. Days of the week are numbers from 0 (Sunday), in ascending order. */
export type Preset =
  | { readonly kind: "minutes"; readonly every: number }
  | { readonly kind: "hourly"; readonly minute: number }
  | { readonly kind: "hours"; readonly every: number; readonly minute: number }
  | { readonly kind: "daily"; readonly hour: number; readonly minute: number }
  | { readonly kind: "weekdays"; readonly hour: number; readonly minute: number }
  | { readonly kind: "weekly"; readonly days: readonly number[]; readonly hour: number; readonly minute: number }
  | { readonly kind: "monthly"; readonly day: number; readonly hour: number; readonly minute: number }
  | { readonly kind: "custom"; readonly expression: string };

export type PresetKind = Preset["kind"];

/** Steps that divide the hour and the day, so that the distance is the same everywhere. */
export const MINUTE_STEPS: readonly number[] = [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30];
export const HOUR_STEPS: readonly number[] = [2, 3, 4, 6, 8, 12];

/** The expression of a preset. What `presetOf` makes of it is the same preset again. */
export function expressionOf(preset: Preset): string {
  switch (preset.kind) {
    case "minutes":
      return preset.every === 1 ? "* * * * *" : `*/${preset.every} * * * *`;
    case "hourly":
      return `${preset.minute} * * * *`;
    case "hours":
      return `${preset.minute} */${preset.every} * * *`;
    case "daily":
      return `${preset.minute} ${preset.hour} * * *`;
    case "weekdays":
      return `${preset.minute} ${preset.hour} * * 1-5`;
    case "weekly":
      return `${preset.minute} ${preset.hour} * * ${preset.days.join(",")}`;
    case "monthly":
      return `${preset.minute} ${preset.hour} ${preset.day} * *`;
    case "custom":
      return preset.expression;
  }
}

/** The preset that makes exactly this expression; whatever none makes is a custom one, and stays as it was written. */
export function presetOf(expression: string): Preset {
  return (
    PATTERNS.map((read) => read(expression)).find((preset) => preset !== null && fits(preset, expression)) ??
    custom(expression)
  );
}

const custom = (expression: string): Preset => ({ kind: "custom", expression });

/** A number that is written otherwise, such as `07`, or is out of its range is none of a preset. */
function fits(preset: Preset, expression: string): boolean {
  return isWhole(preset) && expressionOf(preset) === expression;
}

function isWhole(preset: Preset): boolean {
  const within = (value: number, lowest: number, highest: number) => value >= lowest && value <= highest;
  if ("minute" in preset && !within(preset.minute, 0, 59)) return false;
  if ("hour" in preset && !within(preset.hour, 0, 23)) return false;
  switch (preset.kind) {
    case "minutes":
      return MINUTE_STEPS.includes(preset.every);
    case "hours":
      return HOUR_STEPS.includes(preset.every);
    case "weekly":
      return preset.days.every(
        (day, index) => within(day, 0, 6) && (index === 0 || (preset.days[index - 1] ?? 7) < day),
      );
    case "monthly":
      return within(preset.day, 1, 31);
    default:
      return true;
  }
}

type Numbers = readonly number[];

/** Reads the numbers in the places of a pattern's groups. */
function pattern(source: RegExp, make: (...numbers: Numbers) => Preset): (expression: string) => Preset | null {
  return (expression) => {
    const match = source.exec(expression);
    return match === null ? null : make(...match.slice(1).map(Number));
  };
}

const PATTERNS: readonly ((expression: string) => Preset | null)[] = [
  pattern(/^\* \* \* \* \*$/, () => ({ kind: "minutes", every: 1 })),
  pattern(/^\*\/(\d+) \* \* \* \*$/, (every = 0) => ({ kind: "minutes", every })),
  pattern(/^(\d+) \* \* \* \*$/, (minute = 0) => ({ kind: "hourly", minute })),
  pattern(/^(\d+) \*\/(\d+) \* \* \*$/, (minute = 0, every = 0) => ({ kind: "hours", every, minute })),
  pattern(/^(\d+) (\d+) \* \* \*$/, (minute = 0, hour = 0) => ({ kind: "daily", hour, minute })),
  pattern(/^(\d+) (\d+) \* \* 1-5$/, (minute = 0, hour = 0) => ({ kind: "weekdays", hour, minute })),
  (expression) => {
    const match = /^(\d+) (\d+) \* \* ([\d,]+)$/.exec(expression);
    const [, minute, hour, days = ""] = match ?? [];
    return match === null
      ? null
      : { kind: "weekly", days: days.split(",").map(Number), hour: Number(hour), minute: Number(minute) };
  },
  pattern(/^(\d+) (\d+) (\d+) \* \*$/, (minute = 0, hour = 0, day = 0) => ({ kind: "monthly", day, hour, minute })),
];

/** Another kind of preset that keeps of this one what both have. */
export function presetAs(kind: PresetKind, from: Preset): Preset {
  const minute = "minute" in from ? from.minute : 0;
  const hour = "hour" in from ? from.hour : 9;
  switch (kind) {
    case "minutes":
      return { kind, every: 15 };
    case "hourly":
      return { kind, minute };
    case "hours":
      return { kind, every: 6, minute };
    case "daily":
    case "weekdays":
      return { kind, hour, minute };
    case "weekly":
      return {
        kind,
        days: from.kind === "weekly" ? from.days : from.kind === "weekdays" ? [1, 2, 3, 4, 5] : [1],
        hour,
        minute,
      };
    case "monthly":
      return { kind, day: 1, hour, minute };
    case "custom":
      return custom(expressionOf(from));
  }
}
