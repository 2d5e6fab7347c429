/** Named texts as the lines of one field, `name: value` each ↔ the pairs themselves, which may be half typed. */

export type Pair = readonly [name: string, value: string];

export type ReadPairs =
  | { readonly ok: true; /** Undefined where there is none. */ readonly value: Record<string, string> | undefined }
  | { readonly ok: false; readonly message: string };

export function pairsIn(text: string): Pair[] {
  if (text === "") return [];
  return text.split("\n").map((line) => {
    const colon = line.indexOf(":");
    return colon < 0 ? [line, ""] : [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, "")];
  });
}

/** The text that `pairsIn` reads as these pairs. A colon ends a name, and a line end a value. */
export function pairsText(pairs: readonly Pair[]): string {
  return pairs.map(([name, value]) => `${name.replaceAll("\n", "")}: ${value.replaceAll("\n", " ")}`).join("\n");
}

/** The object that a field's text stands for. Only what no object can hold is judged here. */
export function readPairs(text: string): ReadPairs {
  const pairs = pairsIn(text)
    .map(([name, value]): Pair => [name.trim(), value])
    .filter(([name, value]) => name !== "" || value.trim() !== "");
  if (pairs.some(([name]) => name === "")) return { ok: false, message: "One of them has a value and no name." };
  const names = pairs.map(([name]) => name.toLowerCase());
  const twice = pairs.find(([name], index) => names.indexOf(name.toLowerCase()) !== index);
  if (twice) return { ok: false, message: `${twice[0]} stands there twice.` };
  return { ok: true, value: pairs.length === 0 ? undefined : Object.fromEntries(pairs) };
}
