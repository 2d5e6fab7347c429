import { z } from "zod";
import { Refusal } from "../contract/refusal.ts";

/** Text of a cursor: anything that a page could have ended with. PostgreSQL does not take NUL, even to compare. */
export const cursorText = z.string().regex(/^[^\0]*$/);
export const cursorInstant = z.iso.datetime();
export const cursorId = z.uuid();

/** The place where a page ended, such as the name of the order, the value of its last row and that row's id. */
export function writeCursor(place: readonly (string | null)[]): string {
  return Buffer.from(JSON.stringify(place)).toString("base64url");
}

/** The place that a cursor means, or a refusal `invalid_input` where no page in this order ended with it. */
export function readCursor<Place>(cursor: string, place: z.ZodType<Place>): Place {
  const parsed = place.safeParse(contentOf(cursor));
  if (parsed.success) return parsed.data;
  throw new Refusal("invalid_input", "Nothing was listed: the cursor is not one of an earlier page of this list.", {
    next: "Take `nextCursor` as it was given, with the same order, or leave the cursor out.",
    fields: { cursor: "is not one of an earlier page" },
  });
}

function contentOf(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, "base64url").toString());
  } catch {
    return null;
  }
}
