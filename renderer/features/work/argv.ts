/**
 * A command as people type it ↔ the program and its arguments. No shell is involved: quotes only hold words together.
 */

export type ParsedArgv =
  | { readonly ok: true; readonly argv: readonly string[] }
  | { readonly ok: false; readonly message: string };

/** Reads single and double quotes and, outside single quotes, a backslash before a quote, a space or a backslash. */
export function parseArgv(text: string): ParsedArgv {
  const argv: string[] = [];
  let word: string | null = null;
  let quote: "'" | '"' | null = null;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] ?? "";
    const next = text[at + 1];
    if (quote !== null) {
      if (char === quote) quote = null;
      else if (char === "\\" && quote === '"' && (next === '"' || next === "\\")) {
        word += next;
        at += 1;
      } else word += char;
    } else if (char === "'" || char === '"') {
      quote = char;
      word ??= "";
    } else if (char === "\\" && next !== undefined && /[\s'"\\]/.test(next)) {
      word = (word ?? "") + next;
      at += 1;
    } else if (/\s/.test(char)) {
      if (word !== null) argv.push(word);
      word = null;
    } else word = (word ?? "") + char;
  }
  if (quote !== null) return { ok: false, message: `A ${quote === '"' ? "double" : "single"} quote is not closed.` };
  if (word !== null) argv.push(word);
  return { ok: true, argv };
}

/** The text that `parseArgv` reads as exactly these arguments. */
export function argvText(argv: readonly string[]): string {
  return argv.map(quoted).join(" ");
}

function quoted(argument: string): string {
  if (argument !== "" && !/[\s'"\\]/.test(argument)) return argument;
  if (!argument.includes("'")) return `'${argument}'`;
  return `"${argument.replace(/[\\"]/g, String.raw`\$&`)}"`;
}
