import { expect, test } from "vitest";
import { runSource, runStatus } from "../../../../preload/contract/runs.ts";
import { runSources, runStatuses } from "../../../../preload/rules/run-states.ts";
import { WORST_FIRST } from "../../../../preload/rules/worst-status.ts";

test("database and page know the states and sources that the contract has", () => {
  expect(runStatus.options).toEqual(runStatuses);
  expect(runSource.options).toEqual(runSources);
});

test("each state has its rank", () => {
  expect(WORST_FIRST.toSorted()).toEqual(runStatuses.toSorted());
});
