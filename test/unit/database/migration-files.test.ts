import { cp, readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readMigrations } from "../../../main/database/migration-files.ts";
import { testHome, type TestHome } from "../../fixtures/home.ts";

let home: TestHome;
let directory: string;
beforeEach(async () => {
  home = await testHome();
  directory = path.join(home.base, "migrations");
  await cp(path.resolve("migrations"), directory, { recursive: true });
});
afterEach(() => home.remove());

describe("the migrations of an installation", () => {
  test("are read in order, with a hash each", async () => {
    const files = await readMigrations(directory);
    expect(files[0]).toMatchObject({ number: 1, name: "foundation" });
    expect(files.map(({ number }) => number)).toEqual(files.map((_, index) => index + 1));
    expect(files.every(({ sha256 }) => /^[0-9a-f]{64}$/.test(sha256))).toBe(true);
  });

  test("are not used where a file differs from the journal", async () => {
    const file = path.join(directory, "0001_foundation.sql");
    await writeFile(file, `${await readFile(file, "utf8")}\n-- edited\n`);
    await expect(readMigrations(directory)).rejects.toThrow("1 foundation");
  });

  test("are not used where a file is not in the journal, is misnamed, or one is gone", async () => {
    await writeFile(path.join(directory, "0099_extra.sql"), "select 1;");
    await expect(readMigrations(directory)).rejects.toThrow("99 extra");
    await rename(path.join(directory, "0099_extra.sql"), path.join(directory, "extra.sql"));
    await expect(readMigrations(directory)).rejects.toThrow("extra.sql");
    await rename(path.join(directory, "extra.sql"), path.join(directory, "extra"));
    await rename(path.join(directory, "0001_foundation.sql"), path.join(directory, "foundation"));
    await expect(readMigrations(directory)).rejects.toThrow("1 foundation");
  });
});
