/*
 * What may stand behind the question mark of a place. An address can be typed by hand or come from an older version:
 * what is not known is left out.
 */

type Raw = Readonly<Record<string, unknown>>;

/** A text of a sensible length, or undefined. */
export function text(raw: Raw, name: string): string | undefined {
  const value = raw[name];
  return typeof value === "string" && value !== "" && value.length <= 300 ? value : undefined;
}

/** A whole number from 1 on, or undefined. */
export function whole(raw: Raw, name: string): number | undefined {
  const value = raw[name];
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 1 ? value : undefined;
}

/** One of a few, or undefined. */
export function oneOf<Choice extends string>(raw: Raw, name: string, choices: readonly Choice[]): Choice | undefined {
  return choices.find((choice) => choice === raw[name]);
}

/** Leaves out what is undefined, so that an address holds only what was chosen. */
export function chosen<Values extends Readonly<Record<string, unknown>>>(values: Values): Chosen<Values> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Chosen<Values>;
}

type Chosen<Values> = { readonly [Name in keyof Values]?: Exclude<Values[Name], undefined> };
