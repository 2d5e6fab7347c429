import { expect, test } from "vitest";
import { allZones, zoneOptions } from "../../../../../renderer/features/routines/triggers/zones.ts";

const ids = (typed: string, chosen = "Asia/Tokyo") =>
  zoneOptions(typed, allZones(), "Europe/Berlin", chosen).map(({ id }) => id);

test("the machine's zone comes first, then the one that is chosen and UTC", () => {
  expect(ids("").slice(0, 3)).toEqual(["Europe/Berlin", "Asia/Tokyo", "UTC"]);
});

test("a zone is found by any part of its name, with blanks", () => {
  expect(ids("new york")).toEqual(["America/New_York"]);
  expect(ids("TOKYO")).toEqual(["Asia/Tokyo"]);
  expect(ids("no such place")).toEqual([]);
});

test("of many, the first are shown and the rest named", () => {
  expect(ids("a").at(-1)).toBe("more");
});

test("a name that the platform lists under another one can stay chosen", () => {
  expect(ids("", "Asia/Calcutta")).toContain("Asia/Calcutta");
});
