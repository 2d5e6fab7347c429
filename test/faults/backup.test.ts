import { expect, test } from "vitest";
import { backupKills } from "../fixtures/backup-kills.ts";

test.skipIf(process.platform === "win32")(
  "50 kills of backups of both kinds and of proofs: there is the whole file or none, and the next one goes at once",
  async () => {
    const outcomes = await backupKills(50);
    process.stdout.write(`${Array.from(outcomes, ([what, times]) => `${times} × ${what}`).join("\n")}\n`);
    const killed = (words: string) =>
      [...outcomes].filter(([what]) => what.includes(words)).reduce((sum, [, times]) => sum + times, 0);
    expect(killed("")).toBe(50);
    expect(killed("no file")).toBeGreaterThanOrEqual(15);
  },
);
