import { z } from "zod";

/** A record's id: a UUID in lower case. */
export const id = z.uuid();

/** An instant: ISO 8601 in UTC, such as `2026-03-08T07:00:00.000Z`. */
export const instant = z.iso.datetime();

/** What an operator may write where a record is meant: its id, or its name or key where that is unique in the company. */
export const reference = z
  .string()
  .trim()
  .min(1, "must not be empty")
  .max(200, "must be at most 200 characters")
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, "must not hold control characters or half a character");

/** The company of a call: its id, name or issue prefix. It may be left out while there is one company. */
export const company = reference.optional();

/**
 * One line as the panel and lists show it among other words. Marks that turn the text around are refused, because one that
 * is not closed turns what stands behind the name as well; letters of right-to-left scripts need none.
 */
export function line(longest: number) {
  return z
    .string()
    .trim()
    .min(1, "must not be empty")
    .max(longest, `must be at most ${longest} characters`)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, "must not hold control characters or half a character")
    .regex(/^[^\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]*$/u, "must not hold marks that break lines or turn text around")
    .regex(/[^\p{Cc}\p{Cf}\p{Z}]/u, "must hold something that can be seen");
}

/** A name that an operator gives to a record: 1 to 120 characters, on one line. */
export const name = line(120);

export const description = z.string().max(20_000, "must be at most 20,000 characters");

/**
 * A field that takes a secret value. The mark lets the command line refuse it in `--input` and `--set`, and lets every
 * schema listing say that the field is never carried back.
 */
export const secretValue = z.string().max(200_000).meta({ secret: true, writeOnly: true });

/**
 * An object of values by name. zod leaves the name `__proto__` out of its answer without a word; here it is refused, so
 * that nobody takes for saved what is not.
 */
export function valuesByName<Value extends z.ZodType>(name: z.ZodString, value: Value) {
  return z.preprocess(
    (input: Record<string, z.input<Value>>, context) => {
      // The type is what callers may send; what arrives may be anything.
      if (typeof input === "object" && input !== null && Object.hasOwn(input, "__proto__")) {
        context.addIssue({ code: "custom", path: ["__proto__"], message: "cannot be used as a name" });
      }
      return input;
    },
    z.record(name, value),
  );
}

/** One page of a list: `limit` rows, and `cursor` where the last page ended. */
export const page = { limit: z.int().min(1).max(500).optional(), cursor: z.string().max(500).optional() };

/**
 * One page of a list that answers with all where no limit is given. The cursor holds the value by which the list is
 * sorted, so it may be longer.
 */
export const optionalPage = { limit: z.int().min(1).max(500).optional(), cursor: z.string().max(4_000).optional() };

/** What a list is searched for; blank means everything. */
export const searchText = z
  .string()
  .trim()
  .max(200, "must be at most 200 characters")
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, "must not hold control characters or half a character");

/** The cursor of the following page, or null on the last one. */
export const nextCursor = z.string().nullable();

export const actor = z.object({ type: z.enum(["user", "agent", "system", "plugin"]), id: z.string().nullable() });

export type Actor = z.infer<typeof actor>;
