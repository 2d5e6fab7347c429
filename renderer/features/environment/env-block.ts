export interface EnvPair {
  readonly key: string;
  readonly value: string;
}

/**
 * The lines `KEY=value` of a pasted block, as .env files have them: comments and blank lines left out, `export ` before a
 * key, quotes around a value, values of several lines between double quotes. Null where the text is no such block, so that
 * it is pasted as it is.
 */
export function envBlock(text: string): readonly EnvPair[] | null {
  const pairs: EnvPair[] = [];
  let rest = text.replaceAll(/\r\n?/g, "\n");
  while (rest !== "") {
    const blank = /^[ \t]*(#[^\n]*)?(\n|$)/.exec(rest);
    if (blank && blank[0] !== "") {
      rest = rest.slice(blank[0].length);
      continue;
    }
    const pair =
      /^[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\[\s\S])*)"|'([^']*)'|([^\n]*))[ \t]*(?:#[^\n]*)?(?:\n|$)/.exec(
        rest,
      );
    const key = pair?.[1];
    if (!pair || key === undefined) return null;
    pairs.push({ key, value: valueOf(pair[2], pair[3], pair[4]) });
    rest = rest.slice(pair[0].length);
  }
  return pairs.length === 0 ? null : pairs;
}

function valueOf(double: string | undefined, single: string | undefined, bare: string | undefined): string {
  if (double !== undefined) {
    return double.replaceAll(/\\([\s\S])/g, (whole, escaped: string) =>
      escaped === "n" ? "\n" : '"\\$`'.includes(escaped) ? escaped : whole,
    );
  }
  return single ?? (bare ?? "").replace(/[ \t]+#.*$/, "").trim();
}
