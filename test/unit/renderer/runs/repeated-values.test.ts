import { expect, test } from "vitest";
import { repeatedValues } from "../../../../renderer/features/runs/repeated-values.ts";

const text = (name: string) => ({ name, type: "text" as const, required: true });

test("a run is started again with the values that it had", () => {
  const run = { variables: { region: "mars", count: 3, dry: false } };
  expect(repeatedValues(run, [text("region"), text("count"), text("dry")])).toEqual(run.variables);
});

test("a value is left out once the routine has no such variable, and a new variable takes its default", () => {
  const run = { variables: { region: "mars", gone: "x" } };
  expect(repeatedValues(run, [text("region"), text("later")])).toEqual({ region: "mars" });
});

test("a variable named like a property of every object is no value", () => {
  expect(repeatedValues({ variables: {} }, [text("constructor")])).toEqual({});
});
