import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { noteProof, readProofs, seeFile } from "../../../main/backup/proofs.ts";
import { testHome, type TestHome } from "../../fixtures/home.ts";

let home: TestHome;
beforeEach(async () => {
  home = await testHome();
});
afterEach(() => home.remove());

test("of many differences the number is kept and the first, however long their names are", async () => {
  const file = path.join(home.base, "a.tar");
  await writeFile(file, "a backup");
  const names = Array.from({ length: 1_000 }, (_, at) => `${at} ${"x".repeat(10_000)}`);
  const all = names.map((name) => ({ kind: "function", table: null, name, was: "added" }) as const);
  const at = new Date("2026-03-08T07:00:00.000Z");
  const seen = await seeFile(file);
  await noteProof(seen, at, all);
  const { provenAt, provenDifferences } = (await readProofs(home.base))("a.tar");
  expect(provenAt).toBe(at.toISOString());
  expect(provenDifferences?.count).toBe(1_000);
  expect(provenDifferences?.first.map(({ name }) => name.split(" ")[0])).toEqual([..."0123456789"]);
  expect((await readFile(path.join(home.base, "proofs.json"))).length).toBeLessThan(8_000);
  // A later proof tells what it found, and no more what an earlier one did.
  await noteProof(seen, at, []);
  expect((await readProofs(home.base))("a.tar")).toEqual({ provenAt, provenDifferences: null });
  expect((await readProofs(home.base))("b.tar")).toEqual({ provenAt: null, provenDifferences: null });
});

test("what was changed while it was proven is not what was proven", async () => {
  const file = path.join(home.base, "a.tar");
  await writeFile(file, "a backup");
  const seen = await seeFile(file);
  await writeFile(file, "another backup");
  await noteProof(seen, new Date("2026-03-08T07:00:00.000Z"), []);
  expect((await readProofs(home.base))("a.tar")).toEqual({ provenAt: null, provenDifferences: null });
});
