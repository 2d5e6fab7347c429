import { expect, test } from "vitest";
import { createCondition } from "../../../main/database/condition.ts";

test("the condition of a database is told once for each change, until a listener leaves", () => {
  const condition = createCondition();
  const heard: string[] = [];
  const leave = condition.onState((state) => heard.push(state));
  condition.enter("ready");
  condition.enter("ready");
  condition.enter("failed", "the disk is full");
  expect(condition.health()).toEqual({ state: "failed", failure: "the disk is full" });
  leave();
  condition.enter("ready");
  expect(heard).toEqual(["ready", "failed"]);
  expect(condition.health()).toEqual({ state: "ready", failure: null });
});
