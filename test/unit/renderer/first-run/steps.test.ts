import { expect, test } from "vitest";
import { nextStep, prefixOf } from "../../../../renderer/features/first-run/steps.ts";

test.each([
  [{ companies: 0, agents: 0, routines: 0 }, "company"],
  [{ companies: 1, agents: 0, routines: 0 }, "agent"],
  [{ companies: 1, agents: 2, routines: 0 }, "routine"],
  [{ companies: 2, agents: 1, routines: 1 }, "run"],
])("%o goes on with %s", (progress, step) => {
  expect(nextStep(progress)).toBe(step);
});

test.each([
  ["Acme Labs", "ACME"],
  ["3 Köpfe", "KOPF"],
  ["日本", ""],
  ["A", ""],
])("the prefix of %s is %s", (name, prefix) => {
  expect(prefixOf(name)).toBe(prefix);
});
