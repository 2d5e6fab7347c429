/** Why a plain value should be a secret: `likely` by its name or shape, `possible` by nothing but its randomness. */
export interface CredentialSign {
  readonly certainty: "likely" | "possible";
  readonly why: string;
}

/** What services put at the front of their tokens. */
const SHAPES: readonly (readonly [RegExp, string])[] = [
  [/^gh[pousr]_[A-Za-z0-9]{16,}$/, "a GitHub token"],
  [/^github_pat_[A-Za-z0-9_]{16,}$/, "a GitHub token"],
  [/^glpat-[A-Za-z0-9_-]{16,}$/, "a GitLab token"],
  [/^sk-[A-Za-z0-9_-]{16,}$/, "an API key"],
  [/^[rs]k_(live|test)_[A-Za-z0-9]{10,}$/, "a Stripe key"],
  [/^(AKIA|ASIA)[A-Z0-9]{16}$/, "an AWS access key"],
  [/^xox[abeoprs]-[A-Za-z0-9-]{8,}$/, "a Slack token"],
  [/^npm_[A-Za-z0-9]{30,}$/, "an npm token"],
  [/^AIza[A-Za-z0-9_-]{30,}$/, "a Google API key"],
  [/^eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*$/, "a signed token"],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----/, "a private key"],
];

/** Shorter values cannot be sealed: they could not be masked without masking half the log. */
const SHORTEST_SECRET = 4;

/** Whether a plain value looks like a credential, by the name of its key, its shape, or its randomness. */
export function credentialSign(key: string, value: string): CredentialSign | null {
  const text = value.trim();
  if (text === "") return null;
  const shape = SHAPES.find(([pattern]) => pattern.test(text));
  if (shape) return { certainty: "likely", why: `This looks like ${shape[1]}.` };
  if (hasPassword(text)) return { certainty: "likely", why: "This address holds a password." };
  if (isSensitiveName(key) && canBeSealed(value)) {
    return { certainty: "likely", why: `${key.trim()} sounds like a credential.` };
  }
  if (isRandom(text)) return { certainty: "possible", why: "This may be a credential." };
  return null;
}

/** Whether a value can become a secret; the control plane asks for 4 characters at least. */
export function canBeSealed(value: string): boolean {
  return Array.from(value).length >= SHORTEST_SECRET;
}

/** Names that credentials have: `TOKEN`, `*_TOKEN`, `*_KEY` but not `*PUBLIC_KEY`, `*SECRET*`, `*PASSWORD*`. */
export function isSensitiveName(key: string): boolean {
  const name = key.trim().toUpperCase();
  if (name.endsWith("PUBLIC_KEY")) return false;
  return /(^|_)TOKEN$|_KEY$|SECRET|PASSWORD/.test(name);
}

function hasPassword(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\/[^/\s:@]*:[^/\s@]+@/i.test(text);
}

/** Random text of 20 characters or more, in one piece. Addresses, paths, versions and UUIDs are not meant. */
function isRandom(text: string): boolean {
  if (text.length < 20 || !/^[A-Za-z0-9+/=_.~-]+$/.test(text)) return false;
  if (/^[./~]|^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) return false;
  if (!/[0-9]/.test(text) || !/[A-Za-z]/.test(text)) return false;
  const isHex = /^[0-9a-f]+$/i.test(text);
  return entropy(text) >= (isHex ? 3 : 4) && (isHex ? text.length >= 32 : /[A-Z]/.test(text) && /[a-z]/.test(text));
}

/** Bits per character. */
function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}

const LONGEST_SUGGESTION = 64;

/** A key for the secret that takes the place of a plain value: lower case, dashes, 64 characters at most. */
export function secretKeyFor(envKey: string): string {
  const trim = (text: string) => text.replaceAll(/^-+|-+$/g, "");
  const plain = trim(envKey.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-"));
  return trim(plain.slice(0, LONGEST_SUGGESTION)) || "secret";
}
