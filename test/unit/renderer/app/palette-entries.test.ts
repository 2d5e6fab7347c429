import { describe, expect, test } from "vitest";
import { actions, askedFor, isMeant, PLACES, recordEntry, runEntry } from "../../../../renderer/app/palette-entries.ts";

test.each([
  ["", { text: "", toRun: false }],
  ["  triage ", { text: "triage", toRun: false }],
  ["Run ", { text: "", toRun: true }],
  ["run nightly triage", { text: "nightly triage", toRun: true }],
  ["runs", { text: "runs", toRun: false }],
  ["prune", { text: "prune", toRun: false }],
])("%j asks for %j", (typed, asked) => {
  expect(askedFor(typed)).toEqual(asked);
});

test("run alone still finds the screen of runs", () => {
  expect(PLACES.filter((entry) => isMeant(entry, "run")).map(({ label }) => label)).toEqual(["Runs"]);
});

describe("actions", () => {
  const company = { id: "a", name: "Acme", issuePrefix: "ACM", createdAt: "", updatedAt: "" };
  const other = { ...company, id: "b", name: "Globex", issuePrefix: "GLO" };
  const here = {
    companies: [company, other],
    companyId: "a",
    canOpenFolder: false,
    theme: "dark",
    readOnly: null,
  } as const;
  const found = (text: string, surroundings: Parameters<typeof actions>[0] = here) =>
    actions(surroundings)
      .filter((entry) => isMeant(entry, text))
      .map(({ label }) => label);

  test("are the usual ones before anything is typed", () => {
    expect(found("")).toEqual(["Run a routine…", "New routine", "New agent", "New project", "New secret"]);
  });

  test("switch to any other company and theme", () => {
    expect(found("switch")).toEqual(["Switch to Globex"]);
    expect(found("theme")).toEqual(["Use the light theme", "Use the system's theme"]);
  });

  test("open the data folder only where that can be done", () => {
    expect(found("folder")).toEqual([]);
    expect(found("folder", { ...here, canOpenFolder: true })).toEqual(["Open data folder"]);
  });

  test("do with backups what the menu of a window does", () => {
    expect(found("back")).toEqual([
      "Back up now",
      "Back up everything…",
      "Restore from a backup…",
      "Undo restore",
      "Verify backup",
    ]);
    expect(found("prove")).toEqual(["Verify backup"]);
  });

  test("are found by the beginnings of their words, in any order", () => {
    expect(found("rou new")).toEqual(["New routine"]);
    expect(found("outine")).toEqual([]);
  });

  test("that change something say why they cannot be chosen", () => {
    const unavailable = actions({ ...here, readOnly: "The database can only be read." })
      .filter((entry) => entry.unavailable)
      .map(({ label }) => label);
    expect(unavailable).toEqual(["Run a routine…", "New secret"]);
  });
});

test("a routine that is also recent stands there under an id of its own", () => {
  const routine = { kind: "routine", id: "1", name: "Nightly triage" } as const;
  const ids = [recordEntry(routine), recordEntry(routine, "recent "), runEntry(routine, null)].map(({ id }) => id);
  expect(new Set(ids).size).toBe(3);
});
