import { execFile } from "node:child_process";
import { cp, lstat, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { binariesIn, findBinaries } from "../../../../main/database/embedded/binaries.ts";
import { refusalOf } from "../../../fixtures/conditions.ts";
import { testHome, type TestHome } from "../../../fixtures/home.ts";

const run = promisify(execFile);
let home: TestHome;
beforeEach(async () => {
  home = await testHome();
});
afterEach(() => home.remove());

/** The package as `npm ci --ignore-scripts` leaves it: without the links between its libraries. */
async function copyWithoutLinks(): Promise<string> {
  const { directory } = await findBinaries();
  const copy = path.join(home.base, "package");
  const isNoLink = async (entry: string) => !(await lstat(entry)).isSymbolicLink();
  await cp(directory, copy, { recursive: true, filter: isNoLink });
  return copy;
}

describe("the binaries of PostgreSQL", () => {
  test("are found with their major version", async () => {
    const binaries = await findBinaries();
    expect(binaries.major).toBe(18);
    expect((await run(binaries.postgres, ["--version"])).stdout).toContain("PostgreSQL) 18");
  });

  test("work after an install that skipped scripts", async () => {
    const copy = await copyWithoutLinks();
    const broken = run(path.join(copy, "native", "bin", "postgres"), ["--version"]);
    await expect(broken).rejects.toThrow("cannot open shared object file");
    const found = await Promise.all(Array.from({ length: 5 }, () => binariesIn(copy)));
    expect((await run(found[0]?.postgres ?? "", ["--version"])).stdout).toContain("PostgreSQL) 18");
    const { directory } = await findBinaries();
    const library = (base: string) => readdir(path.join(base, "native", "lib"));
    expect(await library(copy)).toEqual(await library(directory));
  });

  test("are refused where their links are missing and cannot be made", async () => {
    const copy = path.join(home.base, "package");
    await mkdir(path.join(copy, "native"), { recursive: true });
    await writeFile(path.join(copy, "native", "lib"), "a file, so that nothing can be made below it");
    const { directory } = await findBinaries();
    const links = await readFile(path.join(directory, "native", "pg-symlinks.json"), "utf8");
    await writeFile(path.join(copy, "native", "pg-symlinks.json"), links);
    const refusal = await refusalOf(binariesIn(copy));
    expect(refusal.code).toBe("database_unavailable");
    expect(refusal.message).toContain("link");
    expect(refusal.next).toContain("npm rebuild");
  });
});
