/** Characters of a key at most. */
const LONGEST_KEY = 120;

/**
 * The key under which the control plane stores a secret that is called so: lower case, runs of characters outside
 * `a-z0-9_.-` turned into one dash, none at the ends. Empty where nothing is left.
 */
export function storedKey(text: string): string {
  const plain = text.toLowerCase().replaceAll(/[^a-z0-9_.-]+/g, "-");
  return withoutEndDashes(withoutEndDashes(plain).slice(0, LONGEST_KEY));
}

function withoutEndDashes(text: string): string {
  return text.replaceAll(/^-+|-+$/g, "");
}
