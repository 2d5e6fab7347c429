import { expect, test } from "vitest";
import { progressText, reasonOf } from "../../../../renderer/features/settings/rotation-words.ts";

test.each([
  [0, 0, "0 of 0 versions are wrapped anew"],
  [0, 1, "0 of 1 version is wrapped anew"],
  [2_500, 7_500, "2,500 of 10,000 versions are wrapped anew"],
])("%i done and %i left are said", (done, left, text) => {
  expect(progressText(done, left)).toBe(text);
});

test.each([
  ["The master key was not rotated: it comes from X, which wins.", "It comes from X, which wins."],
  ["The vault is locked.", "The vault is locked."],
])("the reason of %s", (message, reason) => {
  expect(reasonOf(message)).toBe(reason);
});
