import { describe, expect, test } from "vitest";
import { redactUrl } from "../../../main/instance/connection-url.ts";

describe("a connection string as it is shown", () => {
  test("hides a password in the query too", () => {
    expect(redactUrl("postgres://h/d?password=hunter2&x=1")).toBe("postgres://h/d?password=***&x=1");
  });

  test("hides a password where the host is a socket's directory", () => {
    expect(redactUrl("postgres://u:hunter2@/d?host=/run/pg")).toBe("postgres://u:***@/d?host=/run/pg");
  });
});
