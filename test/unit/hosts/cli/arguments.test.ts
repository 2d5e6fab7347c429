import { expect, test } from "vitest";
import {
  parseAssignments,
  parseCount,
  parseInstant,
  parsePort,
  parseRevision,
} from "../../../../main/hosts/cli/arguments.ts";
import { isSensitive, parseSetting } from "../../../../main/hosts/cli/commands/configure.ts";

const now = new Date("2026-03-08T12:00:00Z");

test("times are instants or distances into the past", () => {
  expect(parseInstant("2026-03-08T07:00:00Z", now)).toBe("2026-03-08T07:00:00.000Z");
  expect(parseInstant("2026-03-08", now)).toBe("2026-03-08T00:00:00.000Z");
  expect(parseInstant("90m", now)).toBe("2026-03-08T10:30:00.000Z");
  expect(parseInstant("7d", now)).toBe("2026-03-01T12:00:00.000Z");
  for (const text of ["", "yesterday", "0h", "7", "7y", "2026-13-01T00:00:00Z", "1"]) {
    expect(() => parseInstant(text, now)).toThrow(/is no time/);
  }
});

test("assignments keep further equals signs and empty values, and name nothing twice", () => {
  expect(parseAssignments(["a=1", "b=x=y", "c="], "--var")).toEqual({ a: "1", b: "x=y", c: "" });
  expect(Object.keys(parseAssignments(["__proto__=1"], "--var"))).toEqual(["__proto__"]);
  expect(() => parseAssignments(["a"], "--var")).toThrow(/NAME=VALUE/);
  expect(() => parseAssignments(["=1"], "--var")).toThrow(/NAME=VALUE/);
  expect(() => parseAssignments(["a=1", "a=2"], "--var")).toThrow(/twice/);
});

test("numbers are whole and within bounds", () => {
  expect([parseCount("1"), parsePort("0"), parsePort("65535"), parseRevision("7"), parseRevision("r12")]).toEqual([
    1, 0, 65_535, 7, 12,
  ]);
  for (const text of ["0", "-1", "1.5", "1e3", "", " 1"]) expect(() => parseCount(text)).toThrow(/whole number/);
  for (const text of ["65536", "-1", "http"]) expect(() => parsePort(text)).toThrow(/port/);
  for (const text of ["0", "v1", "r"]) expect(() => parseRevision(text)).toThrow(/revision/);
});

test("settings are read as what they look like", () => {
  expect(["true", "false", "", "null", "7", "0.5", "007", "/a/b"].map(parseSetting)).toEqual([
    true,
    false,
    null,
    null,
    7,
    0.5,
    "007",
    "/a/b",
  ]);
});

test("what may hold a password is no argument", () => {
  expect(isSensitive("connectionString", "x")).toBe(true);
  expect(isSensitive("anything", "postgres://user:hush@host/db")).toBe(true);
  expect(isSensitive("keyFilePath", "/run/secrets/key")).toBe(false);
  expect(isSensitive("mode", "postgres")).toBe(false);
});
