/** The shortest text that is masked, in bytes. A shorter one would mask half of any log and hide nothing. */
const SHORTEST_MASKED_BYTES = 4;

/** A line of a multi-line value is masked on its own from this length on, in characters. */
const SHORTEST_MASKED_LINE = 8;

/** Where `base64` and `openssl base64` break their lines. */
const BASE64_LINE_LENGTHS = [76, 64];

/**
 * Every form in which a secret value is looked for: itself, base64 at each of the three alignments and in both
 * alphabets, percent-encoded, JSON-escaped, hexadecimal and shell-escaped. A multi-line value is looked for as a whole
 * and line by line, because tools print lines. Each form once, none shorter than SHORTEST_MASKED_BYTES.
 */
export function secretForms(value: string): Buffer[] {
  const forms = new Map<string, Buffer>();
  const add = (form: Buffer) => {
    if (form.length >= SHORTEST_MASKED_BYTES) forms.set(form.toString("latin1"), form);
  };
  for (const text of printedTexts(value)) {
    const bytes = Buffer.from(text, "utf8");
    if (bytes.length < SHORTEST_MASKED_BYTES) continue;
    add(bytes);
    for (const encoded of [...base64Forms(bytes), ...hexForms(bytes)]) add(Buffer.from(encoded, "latin1"));
    // Most tokens consist of what no encoder changes.
    if (/^[A-Za-z0-9_]*$/.test(text)) continue;
    for (const escaped of [...urlForms(text, bytes), ...jsonForms(text), ...shellForms(text, bytes)]) {
      add(Buffer.from(escaped, "utf8"));
    }
  }
  return [...forms.values()];
}

/** The value as tools print it: whole, without the blanks and newlines around it, with the newlines of a terminal, by line. */
function printedTexts(value: string): Set<string> {
  const texts = new Set([value, value.replace(/[\r\n]+$/, ""), value.trim()]);
  const lines = value.split(/\r\n|\r|\n/);
  if (lines.length === 1) return texts;
  texts.add(lines.join("\n"));
  texts.add(lines.join("\r\n"));
  for (const line of lines) {
    const trimmed = line.trim();
    if (trimmed.length >= SHORTEST_MASKED_LINE) texts.add(line).add(trimmed);
  }
  return texts;
}

/**
 * Inside a longer text that is encoded, the value begins at bit 0, 2 or 4 of a base64 character. Only the characters
 * that the value decides alone are looked for; the ones at its edges hold bits of the neighbours. Alone, the value is
 * looked for with its last character and padding, and broken into lines.
 */
function base64Forms(bytes: Buffer): string[] {
  const standard: string[] = [];
  for (const before of [0, 1, 2]) {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
    const first = Math.ceil((before * 8) / 6);
    const last = Math.floor(((before + bytes.length) * 8) / 6);
    standard.push(encoded.slice(first, last));
  }
  for (const alone of [bytes, Buffer.concat([bytes, Buffer.from("\n")])]) {
    const encoded = alone.toString("base64");
    standard.push(encoded, encoded.replace(/=+$/, ""));
    for (const length of BASE64_LINE_LENGTHS) {
      if (encoded.length <= length) continue;
      const lines = encoded.match(new RegExp(`.{1,${length}}`, "g")) ?? [];
      standard.push(lines.join("\n"), ...lines.filter((line) => line.length >= SHORTEST_MASKED_LINE));
    }
  }
  return standard.flatMap((form) => [form, form.replaceAll("+", "-").replaceAll("/", "_")]);
}

function hexForms(bytes: Buffer): string[] {
  const lower = bytes.toString("hex");
  return [lower, lower.toUpperCase()];
}

/** What the common encoders leave as it is; all else is written as %XX. */
const URL_KEPT = [/[A-Za-z0-9_.~-]/, /[A-Za-z0-9_.~/-]/, /[A-Za-z0-9_.!~*'()-]/, /[A-Za-z0-9_.*-]/];

function urlForms(text: string, bytes: Buffer): string[] {
  const forms = URL_KEPT.flatMap((kept) => {
    const upper = percentEncoded(bytes, kept);
    return [upper, upper.replace(/%../g, (escape) => escape.toLowerCase())];
  });
  const withPlus = text.includes(" ") ? forms.map((form) => form.replaceAll("%20", "+")) : [];
  return [...forms, ...withPlus];
}

function percentEncoded(bytes: Buffer, kept: RegExp): string {
  let encoded = "";
  for (const byte of bytes) {
    const character = String.fromCharCode(byte);
    encoded += byte < 0x80 && kept.test(character) ? character : `%${hexByte(byte).toUpperCase()}`;
  }
  return encoded;
}

/** As JavaScript, jq and Rust escape, as Python does (ASCII only), as Go does (safe for HTML), and with `\/` as PHP does. */
function jsonForms(text: string): string[] {
  const plain = JSON.stringify(text).slice(1, -1);
  const ascii = plain.replace(/[\u007f-\uffff]/g, unicodeEscape);
  const html = plain.replace(/[<>&\u2028\u2029]/g, unicodeEscape);
  return [plain, ascii, html, ...[plain, ascii].map((form) => form.replaceAll("/", "\\/"))];
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** Inside '…' (both ways around a quote), inside "…", by backslashes (`printf %q`), and inside $'…'. */
function shellForms(text: string, bytes: Buffer): string[] {
  return [
    text.replaceAll("'", `'\\''`),
    text.replaceAll("'", `'"'"'`),
    text.replace(/[\\"$`]/g, "\\$&"),
    text.replace(/[\\"$`!]/g, "\\$&"),
    text.replace(/[\t !"$&'()*,;<>?[\\\]^`{|}]/g, "\\$&").replace(/^[#~]/, "\\$&"),
    text.replace(/[^A-Za-z0-9_\u0080-\uffff]/g, "\\$&"),
    dollarQuoted(text),
    dollarQuotedAscii(bytes),
  ];
}

const DOLLAR_ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "'": "\\'",
  "\x07": "\\a",
  "\b": "\\b",
  "\t": "\\t",
  "\n": "\\n",
  "\v": "\\v",
  "\f": "\\f",
  "\r": "\\r",
  "\x1b": "\\E",
};

function dollarQuoted(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what this escapes
  return text.replace(/[\x00-\x1f\x7f'\\]/g, (character) => dollarEscape(character.charCodeAt(0)));
}

function dollarQuotedAscii(bytes: Buffer): string {
  let quoted = "";
  for (const byte of bytes) {
    const plain = byte >= 0x20 && byte < 0x7f && byte !== 0x27 && byte !== 0x5c;
    quoted += plain ? String.fromCharCode(byte) : dollarEscape(byte);
  }
  return quoted;
}

function dollarEscape(code: number): string {
  return DOLLAR_ESCAPES[String.fromCharCode(code)] ?? `\\${code.toString(8).padStart(3, "0")}`;
}

function hexByte(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}
