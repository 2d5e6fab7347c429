import { expect, test } from "vitest";
import { statementFailure } from "../../../main/database/statement-failure.ts";

const withCode = (code: string, message = "it failed") => Object.assign(new Error(message), { code });

test.each([
  ["a refused connection", withCode("ECONNREFUSED"), "database_unavailable"],
  ["a socket that is gone", Object.assign(withCode("ENOENT"), { syscall: "connect" }), "database_unavailable"],
  ["a connection that was reset", Object.assign(withCode("ECONNRESET"), { syscall: "read" }), "database_unavailable"],
  ["a server that is stopped", withCode("57P01"), "database_unavailable"],
  ["a connection that broke", new Error("Connection terminated unexpectedly"), "database_unavailable"],
  [
    "one that the query builder wrapped",
    new Error("Failed query", { cause: withCode("57P03") }),
    "database_unavailable",
  ],
  ["a full disk of the server", new Error("Failed query", { cause: withCode("53100") }), "disk_full"],
  ["a NUL in a text", withCode("22021"), "invalid_input"],
  ["a database that can only be read", new Error("Failed query", { cause: withCode("25006") }), "read_only"],
  ["a full disk of ours", withCode("ENOSPC"), "disk_full"],
])("%s is %s", (_, error, code) => {
  expect(statementFailure(error)?.code).toBe(code);
});

test("a failure of the statement itself stays unexpected", () => {
  expect(statementFailure(withCode("23505"))).toBeNull();
  expect(statementFailure(new TypeError("x is not a function"))).toBeNull();
  expect(statementFailure(Object.assign(withCode("ENOENT"), { syscall: "open" }))).toBeNull();
  expect(statementFailure("text")).toBeNull();
});
