import { expect, test } from "vitest";
import { onlyOnce } from "../../../main/database/only-once.ts";

test("work that is done only once has one outcome for all its callers", async () => {
  let calls = 0;
  const close = onlyOnce(async () => {
    calls += 1;
    throw new Error(`call ${calls}`);
  });
  const outcomes = await Promise.allSettled([close(), close()]);
  await expect(close()).rejects.toThrow("call 1");
  expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(calls).toBe(1);
});
