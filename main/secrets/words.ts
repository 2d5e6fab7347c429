import { Refusal } from "../contract/refusal.ts";

/** Four characters, whatever planes they are from. A shorter value could not be masked without masking half the log. */
const LONG_ENOUGH = /.{4}/su;
/** Bytes of a value at most, as UTF-8. */
const LONGEST_VALUE_BYTES = 64 * 1024;
const LONGEST_KEY = 120;

/**
 * The key under which a secret is stored: lower case, runs of characters outside `a-z0-9_.-` turned into one `-`, none
 * at the ends, 120 characters at most. Empty where nothing is left.
 */
export function normaliseKey(text: string): string {
  const plain = text.toLowerCase().replaceAll(/[^a-z0-9_.-]+/g, "-");
  return trimDashes(trimDashes(plain).slice(0, LONGEST_KEY));
}

function trimDashes(text: string): string {
  return text.replaceAll(/^-+|-+$/g, "");
}

/** Refuses a value that cannot be delivered byte for byte or be masked. Says which rule, and never the value. */
export function checkValue(value: string): void {
  const reason = whyInvalid(value);
  if (reason === null) return;
  throw new Refusal("secret_value_invalid", `The value was not stored: ${reason}.`, {
    next: "Give UTF-8 text of 4 characters to 64 KiB without NUL. It is taken to the byte, line ends too.",
    fields: { value: reason },
  });
}

/** Why a value cannot be delivered or masked, or null. Never says the value. */
export function whyInvalid(value: string): string | null {
  if (value === "") return "it is empty";
  if (value.includes("\0")) return "it holds a NUL character, which no environment can carry";
  if (/\p{Cs}/u.test(value)) return "it is not valid Unicode text";
  if (!LONG_ENOUGH.test(value)) return "it has fewer than 4 characters";
  const bytes = Buffer.byteLength(value, "utf8");
  return bytes > LONGEST_VALUE_BYTES ? `it has ${bytes} bytes, more than ${LONGEST_VALUE_BYTES}` : null;
}
