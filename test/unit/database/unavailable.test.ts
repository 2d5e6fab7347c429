import { describe, expect, test } from "vitest";
import { connectionFromUrl, connectionProblem } from "../../../main/database/unavailable.ts";
import { refusalOf } from "../../fixtures/conditions.ts";

describe("a connection that fails", () => {
  test("says why for each address of a host", () => {
    const error = new AggregateError([new Error("refused by ::1"), new Error("refused by 127.0.0.1")], "");
    expect(connectionProblem(error)).toBe("refused by ::1; refused by 127.0.0.1");
  });
});

describe("a URL of a database", () => {
  test.each(["postgres://u:p@h:5432/d", "postgresql://h", "postgres://u:p%40@/d?host=/run/pg"])("may be %s", (url) => {
    expect(connectionFromUrl("DATABASE_URL", url)).toEqual({ connectionString: url });
  });

  test.each(["mysql://u:hunter2@h/d", "hunter2", "postgres://u:hunter2@h:x/d"])(
    "that cannot be read is refused by its name, without its text (%s)",
    async (url) => {
      const refusal = await refusalOf(Promise.resolve().then(() => connectionFromUrl("DATABASE_URL", url)));
      expect(refusal.code).toBe("config_invalid");
      expect(refusal.message).toContain("DATABASE_URL");
      expect(JSON.stringify(refusal)).not.toContain("hunter2");
    },
  );
});
