import { expect, test } from "vitest";
import { createGate } from "../../../../main/routines/webhooks/gate.ts";

test("so many at once, so many in turn, and the rest is turned away; a failure makes room too", async () => {
  const gate = createGate(2, 2);
  const ends: (() => void)[] = [];
  let going = 0;
  let most = 0;
  const work = (fails: boolean) => async () => {
    going += 1;
    most = Math.max(most, going);
    await new Promise<void>((resolve) => ends.push(resolve));
    going -= 1;
    if (fails) throw new Error("failed");
    return "done";
  };
  const passes = [true, false, false, false, false].map((fails) =>
    gate.pass(work(fails)).catch((error: unknown) => (error as Error).message),
  );
  expect(await passes[4]).toBeNull();
  for (let ended = 0; ended < 4; ended += 1) {
    const end = ends.shift();
    if (!end) throw new Error("nobody had a turn");
    end();
    await passes[ended];
  }
  expect(await Promise.all(passes)).toEqual(["failed", "done", "done", "done", null]);
  expect(most).toBe(2);
  void Promise.resolve().then(() => ends.shift()?.());
  expect(await gate.pass(async () => "free again")).toBe("free again");
});
