import { expect, test } from "vitest";
import { restoreKills } from "../fixtures/restore-kills.ts";

test.skipIf(process.platform === "win32")(
  "50 kills of a restore and of its undo: the old state or the new one, whole, never between",
  async () => {
    const outcomes = await restoreKills(50);
    process.stdout.write(`${Array.from(outcomes, ([what, times]) => `${times} × ${what}`).join("\n")}\n`);
    expect([...outcomes.values()].reduce((sum, times) => sum + times, 0)).toBe(50);
  },
);
