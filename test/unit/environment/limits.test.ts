import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { judgeSize } from "../../../main/environment/limits.ts";

const longest = 128 * 1024 - "K=".length - 1;

describe("the size of an env", () => {
  test.runIf(process.platform === "linux")("is judged as the system judges one variable", () => {
    const fits = { K: "x".repeat(longest) };
    const tooLong = { K: "x".repeat(longest + 1) };
    expect(judgeSize(fits, "linux")).toBeNull();
    expect(spawnSync("/bin/true", [], { env: fits }).status).toBe(0);
    expect(judgeSize(tooLong, "linux")).toEqual({ key: "K", size: 128 * 1024 + 1, limit: 128 * 1024 });
    expect(spawnSync("/bin/true", [], { env: tooLong }).error).toMatchObject({ code: "E2BIG" });
  });

  test.runIf(process.platform === "linux")("is judged as the system judges all variables, with room for argv", () => {
    const values = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`K${index}`, "x".repeat(64 * 1024)]));
    expect(judgeSize(values(27), "linux")).toBeNull();
    expect(spawnSync("/bin/true", ["x".repeat(120_000)], { env: values(27) }).status).toBe(0);
    expect(judgeSize(values(40), "linux")?.key).toBeNull();
    expect(spawnSync("/bin/true", [], { env: values(40) }).error).toMatchObject({ code: "E2BIG" });
  });

  test("counts bytes on POSIX and UTF-16 units on Windows", () => {
    expect(judgeSize({ K: "é".repeat(70_000) }, "linux")?.key).toBe("K");
    expect(judgeSize({ K: "é".repeat(32_764) }, "win32")).toBeNull();
    expect(judgeSize({ K: "é".repeat(32_765) }, "win32")?.key).toBe("K");
  });
});
