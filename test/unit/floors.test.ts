import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { importsOf, violations, type SourceModule } from "../fixtures/floors.ts";

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

/** A module at that place that imports that, alone in a house. */
const planted = (file: string, specifier: string) => violations([{ file, imports: [specifier] }]);

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
    ["renderer/app/x.tsx", "../../main/secrets/vault.ts", "a renderer that knows main"],
    ["renderer/ui/x.tsx", "../features/runs/list.tsx", "a part that knows a feature"],
    ["main/secrets/x.ts", "electron", "electron outside its host"],
    ["main/hosts/browser/x.ts", "electron", "electron outside its host"],
    ["main/runs/x.ts", "../nowhere/x.ts", "a room that is not in the plan"],
  ])("%s → %s is refused: %s", (file, specifier) => {
    expect(planted(file, specifier)).toHaveLength(1);
  });

  test.each([
    ["main/hosts/cli/x.ts", "../../secrets/vault.ts"],
    ["main/secrets/x.ts", "../../preload/contract/secrets.ts"],
    ["main/hosts/electron/x.ts", "electron"],
    ["preload/contract/x.ts", "zod"],
    ["main/hosts/cli/x.ts", "../../control-plane.ts"],
  ])("%s → %s stands", (file, specifier) => {
    expect(planted(file, specifier)).toEqual([]);
  });

  test("sees every way to import", () => {
    const source = `import a from "one"; import type { B } from "two"; export { c } from "three"; export * from "four";
      const d = await import("five"); import "six"; type E = import("seven").E;`;
    expect(importsOf("x.ts", source).toSorted()).toEqual(["five", "four", "one", "seven", "six", "three", "two"]);
  });
});
