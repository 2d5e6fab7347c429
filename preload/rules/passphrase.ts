/** The fewest characters of a passphrase that a backup is encrypted to. */
const SHORTEST_PASSPHRASE = 12;
const LONGEST_PASSPHRASE = 1_000;

/** Letters and digits that are not taken for each other, in lower case: 31 of them, about 5 bits each. */
const ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789";
const GROUPS = 5;
const GROUP_LENGTH = 5;
/** Bytes of chance that `makePassphrase` takes: more than characters, because some are not used. */
export const PASSPHRASE_CHANCE_BYTES = 64;

/** How hard a passphrase is to guess, as far as it can be told without knowing where it comes from. */
export interface PassphraseStrength {
  readonly strength: "refused" | "weak" | "fair" | "strong";
  /** Why it is refused, or what would make it better; null where it is strong. */
  readonly advice: string | null;
}

/**
 * Judges a passphrase. Whoever has the file can try guesses for ever, at about ten a second and core: what is short or hardly
 * varied is refused.
 */
export function judgePassphrase(text: string): PassphraseStrength {
  const characters = [...text];
  if (characters.length < SHORTEST_PASSPHRASE) {
    return { strength: "refused", advice: `It must have at least ${SHORTEST_PASSPHRASE} characters.` };
  }
  if (characters.length > LONGEST_PASSPHRASE) {
    return { strength: "refused", advice: `It must have at most ${LONGEST_PASSPHRASE} characters.` };
  }
  if (/\p{Cc}/u.test(text)) return { strength: "refused", advice: "It must be one line without control characters." };
  const bits = estimatedBits(characters);
  if (bits < 30) return { strength: "refused", advice: "It repeats itself too much." };
  if (bits < 55)
    return { strength: "weak", advice: "Make it longer: four words that have nothing to do with each other." };
  return bits < 80
    ? { strength: "fair", advice: "One more word makes it strong." }
    : { strength: "strong", advice: null };
}

/** Bits by the kinds of characters and how many differ; a run or a repeated character adds next to nothing. */
function estimatedBits(characters: readonly string[]): number {
  const text = characters.join("");
  const kinds = [/[a-z]/, /[A-Z]/, /[0-9]/, /[^A-Za-z0-9]/].filter((kind) => kind.test(text)).length;
  const perCharacter = [0, 2.6, 3.2, 3.8, 4.2][kinds] ?? 4.2;
  const telling = characters.filter((one, index) => !followsOn(characters[index - 1], one));
  const differing = new Set(telling).size;
  return Math.min(telling.length, differing * 2.5) * perCharacter;
}

/** Whether a character repeats the one before it, or is the next or the previous one of the alphabet. */
function followsOn(before: string | undefined, one: string): boolean {
  return before !== undefined && Math.abs((one.codePointAt(0) ?? 0) - (before.codePointAt(0) ?? 0)) <= 1;
}

/**
 * A passphrase made of chance: five groups of five characters, none of them equal or next to the one before it, so that it
 * is read off without a slip and judged strong whatever the chance was; about 120 bits. `chance` holds
 * `PASSPHRASE_CHANCE_BYTES`.
 */
export function makePassphrase(chance: Uint8Array): string {
  // What would favour the first letters is not used.
  const limit = 256 - (256 % ALPHABET.length);
  const letters: string[] = [];
  for (const byte of chance) {
    const letter = ALPHABET.charAt(byte % ALPHABET.length);
    if (byte < limit && !followsOn(letters.at(-1), letter)) letters.push(letter);
  }
  if (letters.length < GROUPS * GROUP_LENGTH) throw new Error("the chance did not suffice");
  const group = (at: number) => letters.slice(at * GROUP_LENGTH, (at + 1) * GROUP_LENGTH).join("");
  return Array.from({ length: GROUPS }, (_, at) => group(at)).join("-");
}
