import { expect, test } from "vitest";
import { restoreKills } from "../fixtures/restore-kills.ts";

test.skipIf(process.platform === "win32")(
  "50 kills of a restore and of its undo: the old state or the new one, whole, never between",
  async () => {
    const outcomes = await restoreKills(50);
    process.stdout.write(`${Array.from(outcomes, ([what, times]) => `${times} × ${what}`).join("\n")}\n`);
    const killed = (words: string) =>
      [...outcomes].filter(([what]) => what.includes(words)).reduce((sum, [, times]) => sum + times, 0);
    expect(killed("")).toBe(50);
    expect(killed("within the swap") + killed("after the swap")).toBeGreaterThanOrEqual(17);
    expect(killed("undo")).toBeGreaterThanOrEqual(17);
  },
);
