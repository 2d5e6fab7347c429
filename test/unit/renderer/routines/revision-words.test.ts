import { describe, expect, test } from "vitest";
import type { RoutineDiff } from "../../../../preload/contract/routines.ts";
import { envCounts } from "../../../../renderer/features/routines/env-counts.ts";
import { fieldText } from "../../../../renderer/features/routines/field-text.ts";

const change = (kind: RoutineDiff["env"][number]["change"]) => ({ key: "K", change: kind, from: null, to: null });

describe("what a restore does to the env", () => {
  test.each([
    [[], "The environment stays as it is."],
    [["added"], "In the environment it adds 1 key."],
    [["added", "removed", "removed"], "In the environment it adds 1 key and removes 2 keys."],
    [
      ["value_changed", "added", "kind_changed", "removed"],
      "In the environment it adds 1 key, removes 1 key and changes 2 keys.",
    ],
  ] as const)("%j: %s", (kinds, words) => {
    expect(envCounts(kinds.map(change))).toBe(words);
  });
});

describe("a field of a difference", () => {
  test.each([
    ["agent", null, "none"],
    ["agent", "shell", "shell"],
    ["title", "", "empty"],
    ["priority", "high", "High"],
    ["retry.backoffSeconds", 30, "30 s"],
    ["retry.backoffFactor", 1.5, "1.5 times the one before"],
    ["retry.jitter", 0.1, "10 %"],
    ["retry.onInterruption", true, "yes"],
    ["limits.timeoutSeconds", 600, "600 s"],
    ["limits.timeoutSeconds", null, "none"],
    ["limits.logLimitBytes", 1_048_576, "1.0 MiB"],
    ["variables", ["what", "folder"], "what, folder"],
    ["triggers", [], "none"],
    [
      "variables.what",
      { name: "what", type: "select", required: false, options: ["a", "b"] },
      "select · optional · options a, b",
    ],
  ])("%s %j is %s", (field, value, words) => {
    expect(fieldText(field, value)).toBe(words);
  });
});
