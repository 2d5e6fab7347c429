import { Refusal } from "../contract/refusal.ts";

/** PostgreSQL stores neither NUL nor half of a surrogate pair. */
const UNSTORABLE = /[\0\p{Cs}]/u;

/** Refuses (`invalid_input`) a value that holds, at any depth, text that the database cannot take. */
export function requireStorable(value: unknown, field: string): void {
  if (typeof value === "string" && UNSTORABLE.test(value)) {
    throw new Refusal("invalid_input", `${field} holds a character that cannot be stored: NUL, or half a character.`, {
      fields: { [field]: "must not hold NUL or half a character" },
    });
  }
  if (typeof value !== "object" || value === null) return;
  for (const [key, part] of Object.entries(value)) {
    requireStorable(key, field);
    requireStorable(part, field);
  }
}
