/** What the first routine gives its secret to. */
export const TRY_KEY = "TRY_TOKEN";

/**
 * A command that is there on every machine and shows what a run gets: the instructions and, as the log shows it, a secret.
 * `platform` as Node names it.
 */
export function tryCommand(platform: string): readonly string[] {
  if (platform === "win32") return ["cmd.exe", "/d", "/c", `findstr "^" & echo The token in this log: %${TRY_KEY}%`];
  return ["sh", "-c", `cat; echo; echo "The token in this log: $${TRY_KEY}"`];
}
