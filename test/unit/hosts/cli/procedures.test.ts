import { expect, test } from "vitest";
import { contract } from "../../../../preload/contract/contract.ts";
import {
  allProcedures,
  findProcedure,
  procedureSchema,
  secretPaths,
  takesField,
} from "../../../../main/hosts/cli/procedures.ts";

test("every procedure of the contract is listed with a line on it", () => {
  const names = allProcedures().map(({ name }) => name);
  const wanted = Object.entries(contract).flatMap(([area, calls]) =>
    Object.keys(calls).map((call) => `${area}.${call}`),
  );
  expect(names).toEqual(wanted);
  expect(allProcedures().filter(({ summary }) => summary === "")).toEqual([]);
  expect(allProcedures().flatMap(({ name, stream }) => (stream ? [name] : []))).toEqual([
    "system.changes",
    "audit.verify",
    "notifications.follow",
    "runs.follow",
    "backups.follow",
    "shell.commands",
  ]);
});

test("every schema can be shown", () => {
  for (const procedure of allProcedures()) {
    const { name, output } = procedureSchema(procedure);
    expect({ name, shown: JSON.stringify(output) }).toEqual({ name, shown: expect.stringContaining('"type"') });
  }
});

test("an unknown procedure names those of its area", () => {
  expect(() => findProcedure("secrets.reveal")).toThrow(/secrets\.list/);
  expect(() => findProcedure("nonsense")).toThrow(/no procedure/);
});

test("fields that take a secret value are found, and no others", () => {
  const create = findProcedure("secrets.create");
  expect(secretPaths(create, { key: "k", value: "hush" })).toEqual(["value"]);
  expect(secretPaths(create, { key: "k" })).toEqual([]);
  expect(secretPaths(findProcedure("secrets.rotate"), { secret: "k", value: "hush", note: "n" })).toEqual(["value"]);
  const settings = findProcedure("settings.update");
  expect(secretPaths(settings, { section: "general", values: { a: { b: [1, { value: 2 }] } } })).toEqual([]);
  expect(secretPaths(findProcedure("system.status"), { value: "hush" })).toEqual([]);
});

test("which inputs take a company is known", () => {
  expect(takesField(findProcedure("routines.list"), "company")).toBe(true);
  expect(takesField(findProcedure("companies.list"), "company")).toBe(false);
});
