import { describe, expect, test } from "vitest";
import { judgeName, judgeNames, RESERVED_NAMES } from "../../../main/environment/names.ts";

describe("names of variables", () => {
  const reserved = [
    "API_URL",
    "API_KEY",
    "COMPANY_ID",
    "AGENT_ID",
    "PROJECT_ID",
    "ROUTINE_ID",
    "RUN_ID",
    "ISSUE_ID",
    "TRIGGER",
    "PAYLOAD_FILE",
  ].map((name) => `PAPERCLIP_${name}`);

  test.each(reserved)("%s is the app's own", (name) => {
    expect(judgeName(name, "linux")?.code).toBe("env_key_reserved");
    expect(judgeName(name.toLowerCase(), "win32")?.code).toBe("env_key_reserved");
    expect(judgeName(name.toLowerCase(), "linux")).toBeNull();
  });

  test("there are no other reserved names", () => {
    expect([...RESERVED_NAMES].toSorted()).toEqual(reserved.toSorted());
  });

  test.each(["PAPERCLIP_HOME", "PAPERCLIP_FOO", "PAPERCLIP_", "PATH", "_", "a1", "constructor", "GH_TOKEN"])(
    "%s is delivered",
    (name) => expect(judgeName(name, "linux")).toBeNull(),
  );

  test.each(["", "1A", "A-B", "A B", "A=B", "É", "A\n", " A", "A.B", "$A", "A\0", "__proto__"])(
    "%j is malformed",
    (name) => expect(judgeName(name, "linux")?.code).toBe("env_key_invalid"),
  );

  test("a long malformed name does not fill the message", () => {
    expect(judgeName("-".repeat(1_000), "linux")?.message.length).toBeLessThan(150);
  });

  test("names that differ in case are two, and one on Windows", () => {
    expect(judgeNames("agent", ["Path", "PATH"], "linux")).toEqual([]);
    expect(judgeNames("agent", ["Path", "PATH"], "win32").map(({ name, problem }) => [name, problem.code])).toEqual([
      ["PATH", "env_key_invalid"],
    ]);
  });
});
