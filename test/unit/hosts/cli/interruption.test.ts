import { expect, test } from "vitest";
import { createInterruption } from "../../../../main/hosts/cli/interruption.ts";

test("the first signal closes in order, and what comes with it is the same press", () => {
  let now = 0;
  const meaning = createInterruption(() => now);
  expect(meaning("SIGINT")).toBe("close");
  now = 400;
  expect(meaning("SIGINT")).toBe("ignore");
  now = 1_000;
  expect(meaning("SIGTERM")).toBe("ignore");
  expect(meaning("SIGINT")).toBe("leave");
});
