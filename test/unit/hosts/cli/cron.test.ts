import { expect, test } from "vitest";
import { commandLine } from "../../../fixtures/command-line.ts";

const next = ["cron", "next", "30 2 * * *", "--zone", "America/New_York", "--from", "2026-03-07T08:00:00Z"];

test("next times are instants in UTC, strictly after, and open no instance", async () => {
  const { exitCode, stdout, stderr } = await commandLine([...next, "--count", "2", "--json"]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(JSON.parse(stdout)).toEqual({ times: ["2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z"] });
  const from = ["--from", "2026-03-08T07:00:00Z"];
  const after = await commandLine(["cron", "next", "30 2 * * *", "--zone", "America/New_York", ...from, "--json"]);
  expect(JSON.parse(after.stdout).times).toHaveLength(10);
  expect(JSON.parse(after.stdout).times[0]).toBe("2026-03-09T06:30:00Z");
});

test("for people the schedule is told in words, and a change of the clock is explained", async () => {
  const { stdout } = await commandLine([...next, "--count", "2"]);
  expect(stdout).toContain("At 02:30, every day, America/New_York");
  expect(stdout).toContain("runs once at 03:00 because 02:30 does not exist on that day");
  const words = await commandLine(["cron", "explain", "@daily", "--zone", "europe/berlin", "--json"]);
  const text = "At 00:00, every day, Europe/Berlin";
  expect(JSON.parse(words.stdout)).toEqual({ expression: "0 0 * * *", zone: "Europe/Berlin", text });
});

test.each([
  [["0 25 * * *", "--zone", "UTC"], "cron_invalid", "at character 3: 0 >25< * * *"],
  [["0 0 30 2 *", "--zone", "UTC"], "cron_invalid", "never matches"],
  [["0 0 * * *", "--zone", "Mars/Olympus"], "zone_unknown", "Mars/Olympus"],
])("%j is refused with %s", async (argv, code, words) => {
  const scripts = await commandLine(["cron", "next", ...argv, "--json"]);
  expect(scripts).toMatchObject({ exitCode: 1, stdout: "" });
  expect(JSON.parse(scripts.stderr).error).toMatchObject({ code, message: expect.stringContaining(words) });
  const people = await commandLine(["cron", "explain", ...argv]);
  expect(people).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(words) });
});

test.each([
  [["cron", "next", "0 0 * * *"], "--zone"],
  [["cron", "next", "0 0 * * *", "--zone", "UTC", "--count", "0"], "whole number"],
  [["cron", "next", "0 0 * * *", "--zone", "UTC", "--count", "1001"], "1000 at most"],
  [["cron", "next", "0 0 * * *", "--zone", "UTC", "--from", "soon"], "is no time"],
])("%j is off", async (argv, words) => {
  expect(await commandLine(argv)).toMatchObject({ exitCode: 2, stdout: "", stderr: expect.stringContaining(words) });
});
