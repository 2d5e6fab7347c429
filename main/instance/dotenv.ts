/**
 * Reads the lines of a `.env` file: `KEY=value`, with or without `export` before it; comments after `#`; single quotes
 * take everything literally, double quotes know `\n`, `\r`, `\t`, `\"` and `\\`; a quoted value may span lines. What is
 * none of these is skipped. The last of several equal keys counts.
 */
export function parseDotenv(text: string): Map<string, string> {
  const values = new Map<string, string>();
  const line =
    /^[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*(?:'([^']*)'|"((?:[^"\\]|\\[^])*)"|([^'"\r\n#][^\r\n]*)?)/gm;
  for (const [, key, literal, quoted, bare] of text.replaceAll("\r\n", "\n").matchAll(line)) {
    if (key === undefined) continue;
    values.set(key, literal ?? (quoted === undefined ? withoutComment(bare ?? "") : unescape(quoted)));
  }
  return values;
}

function withoutComment(bare: string): string {
  return bare.replace(/[ \t]#.*$/, "").trim();
}

const escapes: Record<string, string> = { n: "\n", r: "\r", t: "\t" };

function unescape(quoted: string): string {
  return quoted.replaceAll(/\\([^])/g, (whole, letter: string) =>
    letter === '"' || letter === "\\" ? letter : (escapes[letter] ?? whole),
  );
}
