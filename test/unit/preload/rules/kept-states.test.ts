import { expect, test } from "vitest";
import { comingBack, nameOf, replacedBy } from "../../../../preload/rules/kept-states.ts";

test("what comes back is told after a restore, its undo, the undo of that, and so on", () => {
  let kept: Parameters<typeof comingBack>[0] = { before: "restore", source: "a.tar" };
  const told: string[] = [];
  for (let times = 0; times < 4; times += 1) {
    const coming = comingBack(kept);
    told.push(`${replacedBy(kept)}; ${coming?.kind} ${coming?.source}`);
    kept = { before: "undo", source: nameOf(coming) };
  }
  expect(told).toEqual([
    "a.tar was restored; before a.tar",
    "the restore of a.tar was undone; restored a.tar",
    "a.tar was put back; before a.tar",
    "the restore of a.tar was undone; restored a.tar",
  ]);
});

test("of what an earlier version kept nothing is told that it did not note", () => {
  const kept = { before: "undo", source: "the state before an undo" } as const;
  expect(comingBack(kept)).toBeNull();
  expect(nameOf(comingBack(kept))).toBe(kept.source);
  expect(replacedBy(kept)).toBe("an undo was undone");
});
