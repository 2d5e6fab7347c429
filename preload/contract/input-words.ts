import { z } from "zod";

/** What can be counted of an input, as people call it. */
const COUNTED: Readonly<Record<string, string>> = { string: "characters", array: "entries", set: "entries" };

/**
 * What is wrong with an input, in words that can stand at a field; null where zod's own words are as good. They are said
 * where a schema has none of its own.
 */
export function inputWords(issue: z.core.$ZodRawIssue): string | null {
  switch (issue.code) {
    case "too_big":
      return `must be at most ${amount(issue.maximum, issue.origin)}`;
    case "too_small":
      return COUNTED[issue.origin] !== undefined && Number(issue.minimum) === 1
        ? "must not be empty"
        : `must be at least ${amount(issue.minimum, issue.origin)}`;
    case "invalid_type":
      return issue.input === undefined ? "must be given" : null;
    case "invalid_value":
      return `must be ${issue.values.length === 1 ? "" : "one of "}${issue.values.map(String).join(", ")}`;
    case "unrecognized_keys":
      return `does not know ${issue.keys.join(", ")}`;
    default:
      return null;
  }
}

function amount(limit: number | bigint, origin: string): string {
  const counted = COUNTED[origin];
  return counted === undefined ? limit.toLocaleString("en") : `${limit.toLocaleString("en")} ${counted}`;
}

/** Lets every schema of this process speak so. */
export function speakPlainly(): void {
  z.config({ customError: inputWords });
}
