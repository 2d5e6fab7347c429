/** Every recovery code begins like this: it is the text of an age X25519 identity. */
const BEGINNING = "AGE-SECRET-KEY-1";
/** Characters that stand together where a code is written down by hand. */
const GROUP = 4;

/** A recovery code in groups: what all codes begin with, and then four by four. Blanks between them do not matter. */
export function codeGroups(code: string): readonly string[] {
  const rest = code.startsWith(BEGINNING) ? code.slice(BEGINNING.length) : code;
  const groups = rest.match(new RegExp(`.{1,${GROUP}}`, "g")) ?? [];
  return rest === code ? groups : [BEGINNING, ...groups];
}

export interface SheetFacts {
  /** The instance, such as `default`. */
  readonly instance: string;
  readonly keyId: string;
  /** The public half of the code. */
  readonly recipient: string;
  /** When the code was made, as an instant. */
  readonly createdAt: string;
}

/** The file of a recovery code, as `age-keygen` writes one: comment lines and the code. The stock tool takes it, and so do we. */
export function sheetText(code: string, { instance, keyId, recipient, createdAt }: SheetFacts): string {
  return [
    "# Recovery code of Paperclip Desktop",
    `# instance: ${instance}`,
    `# master key: ${keyId}`,
    `# created: ${createdAt}`,
    `# public key: ${recipient}`,
    code,
    "",
  ].join("\n");
}

/** What that file is called. */
export function sheetName({ instance, createdAt }: SheetFacts): string {
  return `paperclip-recovery-${instance.replaceAll(/[^\w.-]/g, "_")}-${createdAt.slice(0, 10)}.txt`;
}
