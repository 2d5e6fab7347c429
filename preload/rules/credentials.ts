import { BETWEEN_PIECES, TOKEN_SHAPES, WHOLE_SHAPES } from "./credential-shapes.ts";

/**
 * Why a plain value should be a secret. `refuse`: by its name or its shape it is a credential, and strict mode does not
 * save it in clear. `warn`: nothing but its randomness speaks for it.
 */
export interface CredentialSign {
  readonly verdict: "refuse" | "warn";
  /** One sentence. It never repeats the value. */
  readonly why: string;
}

/** Shorter values cannot be sealed: they could not be masked without masking half the log. */
const SHORTEST_SECRET = 4;
const LONGEST_SECRET_BYTES = 64 * 1024;
const LONGEST_SUGGESTION = 64;

/**
 * Judges a plain value of an env by its name and by itself; null where it is fine to stand in clear. Takes time in
 * proportion to the value.
 */
export function judgePlainValue(key: string, value: string): CredentialSign | null {
  const text = value.trim();
  if (text === "" || isPlaceholder(text)) return null;
  const shape = shapeOf(text);
  if (shape !== null) return { verdict: "refuse", why: `Its value looks like ${shape}.` };
  if (holdsPassword(text))
    return { verdict: "refuse", why: "Its value is an address or a connection that holds a password." };
  const name = key.trim();
  if (isSensitiveName(name) && !isPlainSetting(name, text)) {
    return { verdict: "refuse", why: "Its name is that of a credential." };
  }
  if (!speaksOfDigest(name) && isRandom(text)) {
    return { verdict: "warn", why: "Its value is random enough to be a credential." };
  }
  return null;
}

/** Why a value cannot become a secret, as the vault would refuse it; null where it can. */
export function whyNotSealable(value: string): string | null {
  if (Array.from(value.slice(0, 2 * SHORTEST_SECRET)).length < SHORTEST_SECRET) return "it has fewer than 4 characters";
  if (value.includes("\0")) return "it holds a NUL character";
  if (/\p{Cs}/u.test(value)) return "it is not valid Unicode text";
  return new TextEncoder().encode(value).length > LONGEST_SECRET_BYTES ? "it has more than 64 KiB" : null;
}

/** A key for the secret that takes the place of a plain value: lower case, dashes, 64 characters at most. */
export function secretKeyFor(text: string): string {
  const trim = (part: string) => part.replaceAll(/^-|-$/g, "");
  const plain = trim(text.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-"));
  return trim(plain.slice(0, LONGEST_SUGGESTION)) || "secret";
}

/** Names of credentials wherever they stand in a name. */
const ANYWHERE = /SECRET(?!AR)|PASSWORD|PASSWD|PASSPHRASE|MNEMONIC|SEED_PHRASE/;
/** Names of credentials at the end of one. PWD alone is the working directory. */
const AT_THE_END = /(?:^|_)(?:TOKEN|PASS|PAT)$|_(?:KEY|PWD)$|CONN_?STR$/;
/** Names of credentials that are also part of the names of settings about them, such as JWT_ISSUER. */
const UNLESS_SETTING =
  /API_?KEY|PRIVATE_?KEY|(?:ACCESS|AUTH|API|REFRESH|BEARER)_?TOKEN(?!IZER)|CREDENTIAL|CONNECTION_?STRING|AUTHORIZATION|(?:^|_)(?:CREDS|COOKIES?|JWT|BEARER)(?:_|$)/;
const OF_A_SETTING =
  /_(?:ID|IDS|NAME|URL|URI|TYPE|HEADER|ENDPOINT|ISSUER|AUDIENCE|ALG|ALGORITHM|HOST|PORT|DOMAIN|SECURE|SAMESITE|PATH|PREFIX|SCOPE|SCOPES|MODE|ENABLED|REQUIRED|PROVIDER|SOURCE|VERSION|POLICY|FORMAT|LOCATION)$/;
/** What counts or measures something about a credential. */
const OF_A_QUANTITY =
  /_(?:TTL|EXPIRY|EXPIRES|EXPIRES_IN|EXPIRATION|EXPIRE_\w+|LENGTH|LEN|SECONDS|MINUTES|HOURS|DAYS|COUNT|LIMIT|MIN|MAX|SIZE|AGE|MAX_AGE|TIMEOUT|INTERVAL|RETRIES|ROUNDS)$/;

/**
 * Names that credentials have: `TOKEN`, `*_TOKEN`, `*_KEY` but not `*PUBLIC_KEY`, `*SECRET*`, `*PASSWORD*` and their
 * relatives, also with a number at the end. `*_FILE` and its like name a place. `AWS_ACCESS_KEY_ID` is no such name, since
 * it names an id; a real id under it is refused by its shape, because it is half of a pair that belongs together.
 */
export function isSensitiveName(key: string): boolean {
  const name = key
    .trim()
    .toUpperCase()
    .replace(/_?\d{1,6}$/, "");
  if (/_(?:FILE|FILES|FILENAME|PATH|DIR)$/.test(name)) return false;
  if (ANYWHERE.test(name)) return true;
  if (name.endsWith("PUBLIC_KEY")) return false;
  if (AT_THE_END.test(name)) return true;
  return UNLESS_SETTING.test(name) && !OF_A_SETTING.test(name) && !OF_A_QUANTITY.test(name);
}

/** A value that no credential has, whatever the name says: a switch, a count, or the place of a file. */
function isPlainSetting(name: string, text: string): boolean {
  if (/^(?:\d{1,3}|true|false|yes|no|on|off|none|null|nil|undefined)$/i.test(text)) return true;
  if (OF_A_QUANTITY.test(name.toUpperCase()) && /^\d{1,20}(?:ms|s|m|h|d|w)?$/i.test(text)) return true;
  return isPath(text);
}

/** What stands where a value is still to be filled in. */
function isPlaceholder(text: string): boolean {
  return /^(?:<[^<>]*>|\$\{[^{}]*\}|\$\w+|\{\{[^{}]*\}\}|change[-_ ]?me|replace[-_ ]?me|to[-_ ]?do|tbd|x{3,}|\*{3,}|\.{3,}|…|your[-_ ][a-z_ -]{1,60})$/i.test(
    text,
  );
}

function isPath(text: string): boolean {
  if (!/^(?:~|\.{1,2})?\/[\w.@+,/-]{1,4096}$|^[A-Za-z]:\\[\w .@+,\\-]{1,4096}$/.test(text)) return false;
  return !text.split(/[/\\]/).some(isRandom);
}

function shapeOf(text: string): string | null {
  const whole = WHOLE_SHAPES.find(([pattern]) => pattern.test(text));
  if (whole) return whole[1];
  for (const piece of text.split(BETWEEN_PIECES)) {
    // The shortest shape has more, and most pieces are words.
    if (piece.length < 12) continue;
    const shape = TOKEN_SHAPES.find(([pattern]) => pattern.test(piece));
    if (shape) return shape[1];
  }
  return null;
}

/** Whether an address names a password between user and host, or a connection has one among its settings. */
function holdsPassword(text: string): boolean {
  for (const [, password = ""] of text.matchAll(/:\/\/[^/\s:@?#]*:([^/\s@?#]+)@/g)) {
    if (!isPlaceholder(password)) return true;
  }
  for (const [, password = ""] of text.matchAll(
    /(?:^|[?&;\s])(?:password|pwd|passwd|sslpassword|accountkey|sharedaccesskey)=([^&;\s]+)/gi,
  )) {
    if (!isPlaceholder(password) && /[=;&?]/.test(text)) return true;
  }
  return false;
}

/** Names of checksums and commits, which are random and no secret. */
function speaksOfDigest(name: string): boolean {
  return /(?:^|_)(?:SHA\d{0,3}|MD5|COMMIT|DIGEST|HASH|CHECKSUM|REV|REVISION|ETAG|FINGERPRINT|UUID|BUILD|INTEGRITY)(?:_|$)/i.test(
    name,
  );
}

/**
 * Random text of 20 characters or more, in one piece. Addresses, paths, versions, names, dates, UUIDs and the ids of
 * commits are not meant.
 */
function isRandom(text: string): boolean {
  if (text.length < 20 || text.length > 4_096 || !/^[A-Za-z0-9+/=_.~-]+$/.test(text)) return false;
  if (/^[./~]|^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$|^[0-9a-f]{40}$/i.test(text)) return false;
  if (!/[0-9]/.test(text) || !/[A-Za-z]/.test(text)) return false;
  if (text.split(/[-_./+=~]/).every((part) => /^(?:[A-Za-z]{0,40}\d{0,14}|[vV]?\d{1,14}[A-Za-z]{0,4})$/.test(part)))
    return false;
  if (/^[0-9a-f]+$/i.test(text)) return text.length >= 32 && entropy(text) >= 3;
  return /[A-Z]/.test(text) && /[a-z]/.test(text) && entropy(text) >= 3.8;
}

/** Bits per character. */
function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}
