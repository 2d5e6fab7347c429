import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { importsOf, styleViolations, violations, type SourceModule, type StyleSheet } from "../fixtures/floors.ts";

const root = path.resolve(import.meta.dirname, "../..");
const files = ["main", "preload", "renderer"].flatMap((top) =>
  readdirSync(path.join(root, top), { recursive: true, encoding: "utf8" })
    .filter((file) => /\.(ts|tsx)$/.test(file))
    .map((file) => `${top}/${file.replaceAll("\\", "/")}`),
);
const modules: SourceModule[] = files.map((file) => ({
  file,
  imports: importsOf(file, readFileSync(path.join(root, file), "utf8")),
}));

const sheets: StyleSheet[] = readdirSync(path.join(root, "renderer"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".css"))
  .map((file) => `renderer/${file.replaceAll("\\", "/")}`)
  .map((file) => ({ file, text: readFileSync(path.join(root, file), "utf8") }));

/** A module at that place that imports that, alone in a house. */
const planted = (file: string, specifier: string, onlyTypes = false) =>
  violations([{ file, imports: [{ specifier, onlyTypes }] }]);

describe("the floors", () => {
  test("are kept by every module", () => {
    expect(violations(modules)).toEqual([]);
  });

  test("were judged on all modules and their imports", () => {
    expect(modules.length).toBeGreaterThan(20);
    expect(modules.flatMap((module) => module.imports).length).toBeGreaterThan(modules.length);
  });

  test.each([
    ["main/secrets/x.ts", "../routines/definition.ts", "a room that knows a higher one"],
    ["main/instance/x.ts", "../database/open.ts", "a room that knows a higher one"],
    ["main/work/x.ts", "../control-plane.ts", "a room that knows what puts it together"],
    ["preload/contract/x.ts", "../../main/secrets/vault.ts", "a contract that knows main"],
    ["preload/contract/x.ts", "drizzle-orm", "a contract with another library"],
    ["preload/rules/x.ts", "../contract/runs.ts", "a rule that knows the contract"],
    ["preload/rules/x.ts", "node:util", "a rule that knows the machine"],
    ["preload/contract/x.ts", "../rules/credentials.ts", "a contract that knows a rule"],
    ["renderer/app/x.tsx", "../../main/secrets/vault.ts", "a renderer that knows main"],
    ["renderer/ui/x.tsx", "../features/runs/list.tsx", "a part that knows a feature"],
    ["renderer/ui/x.tsx", "../data/failure.ts", "a part that knows data"],
    ["renderer/ui/x.tsx", "@tanstack/react-query", "a part with another library"],
    ["renderer/data/x.tsx", "../features/runs/list.tsx", "data that knows a feature"],
    ["renderer/data/x.tsx", "../app/frame.tsx", "data that knows the frame"],
    ["renderer/features/runs/x.tsx", "../../app/frame.tsx", "a feature that knows the frame"],
    ["renderer/features/runs/x.tsx", "../routines/draft.ts", "a feature that knows a higher one"],
    ["renderer/features/home/x.tsx", "../settings/vault.tsx", "a feature that knows one beside it"],
    ["renderer/features/nowhere/x.tsx", "../runs/list.tsx", "a feature that is not in the plan"],
    ["renderer/app/x.tsx", "../main.tsx", "a floor that knows what puts it together"],
    ["renderer/app/x.tsx", "../nowhere/x.tsx", "a floor that is not in the plan"],
    ["renderer/data/x.ts", "../../preload/contract/runs.ts", "a page with schemas"],
    ["renderer/data/x.ts", "zod", "a page with a schema library"],
    ["renderer/data/x.ts", "node:fs", "a page that knows the machine"],
    ["renderer/features/runs/x.tsx", "./list.stories.tsx", "a feature that knows a story"],
    ["renderer/app/x.tsx", "../stories/records/work.ts", "a product that knows stories"],
    ["renderer/ui/x.stories.tsx", "../../main/secrets/vault.ts", "a story that knows main"],
    ["main/secrets/x.ts", "electron", "electron outside its host"],
    ["main/hosts/browser/x.ts", "electron", "electron outside its host"],
    ["main/runs/x.ts", "../nowhere/x.ts", "a room that is not in the plan"],
  ])("%s → %s is refused: %s", (file, specifier) => {
    expect(planted(file, specifier)).toHaveLength(1);
  });

  test.each([
    ["main/hosts/cli/x.ts", "../../secrets/vault.ts"],
    ["main/secrets/x.ts", "../../preload/contract/secrets.ts"],
    ["main/environment/x.ts", "../../preload/rules/credentials.ts"],
    ["renderer/features/environment/x.tsx", "../../../preload/rules/credentials.ts"],
    ["preload/rules/x.ts", "./credentials.ts"],
    ["main/hosts/electron/x.ts", "electron"],
    ["preload/contract/x.ts", "zod"],
    ["main/hosts/cli/x.ts", "../../control-plane.ts"],
    ["renderer/main.tsx", "./app/router.tsx"],
    ["renderer/app/x.tsx", "../features/runs/list.tsx"],
    ["renderer/features/routines/x.tsx", "../runs/list.tsx"],
    ["renderer/features/home/x.tsx", "../routines/list.tsx"],
    ["renderer/features/runs/log/x.tsx", "../list.tsx"],
    ["renderer/features/runs/log/x.tsx", "../../../ui/table.tsx"],
    ["renderer/data/x.tsx", "../ui/button.tsx"],
    ["renderer/ui/x.stories.tsx", "../stories/records/work.ts"],
    ["renderer/stories/x.ts", "../../preload/contract/contract.ts"],
  ])("%s → %s stands", (file, specifier) => {
    expect(planted(file, specifier)).toEqual([]);
  });

  test("the page takes types from the contract", () => {
    expect(planted("renderer/data/x.ts", "../../preload/contract/runs.ts", true)).toEqual([]);
  });

  test("sees every way to import", () => {
    const source = `import a from "one"; import type { B } from "two"; export { c } from "three"; export * from "four";
      const d = await import("five"); import "six"; type E = import("seven").E;`;
    expect(importsOf("x.ts", source).map(({ specifier }) => specifier)).toEqual(
      expect.arrayContaining(["one", "two", "three", "four", "five", "six", "seven"]),
    );
  });

  test.each([
    ['import type { A } from "x"', true],
    ['import { type A, type B } from "x"', true],
    ['export type { A } from "x"', true],
    ['type A = import("x").A', true],
    ['import { type A, b } from "x"', false],
    ['import type { A } from "x"; import { b } from "x"', false],
    ['import "x"', false],
    ['export * from "x"', false],
    ['const a = await import("x")', false],
  ])("%s is only types: %s", (source, onlyTypes) => {
    expect(importsOf("x.ts", source)).toEqual([{ specifier: "x", onlyTypes }]);
  });
});

describe("the style sheets", () => {
  const users = (specifier: string): SourceModule[] => [
    { file: "renderer/ui/user.tsx", imports: [{ specifier, onlyTypes: false }] },
  ];

  test("keep to their components, and each is used", () => {
    expect(sheets.length).toBeGreaterThan(15);
    expect(styleViolations(sheets, modules)).toEqual([]);
  });

  test.each([
    ["p { margin: 0 }", "an element anywhere"],
    [".button { margin: 0 }", "another component"],
    [".table-row, .button { margin: 0 }", "another component beside its own"],
    [".tables { margin: 0 }", "a name that only looks like its own"],
    ["@media (width < 40rem) { .button { margin: 0 } }", "another component where it is narrow"],
  ])("a sheet is refused that has a rule for others: %s", (text) => {
    expect(styleViolations([{ file: "renderer/ui/table.css", text }], users("./table.css"))).toHaveLength(1);
  });

  test("a sheet that nobody imports is found", () => {
    expect(styleViolations([{ file: "renderer/ui/table.css", text: "" }], users("./page.css"))).toHaveLength(1);
  });

  test("rules below a component's own class, and keyframes, stand", () => {
    const text = `/* p {} */ @keyframes turn { from { rotate: 0 } 50% { rotate: 1turn } to { rotate: 2turn } }
      .table, .table-row:hover > :is(p, td) { margin: 0 } @media print { .table-row .button { margin: 0 } }`;
    expect(styleViolations([{ file: "renderer/ui/table.css", text }], users("./table.css"))).toEqual([]);
  });
});
