import { appendFile, mkdir, readdir, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openServerLog, saysDiskFull } from "../../../../main/database/embedded/server-log.ts";
import { testHome, type TestHome } from "../../../fixtures/home.ts";

let home: TestHome;
beforeEach(async () => {
  home = await testHome();
});
afterEach(() => home.remove());

describe("the server's log", () => {
  test("is private, and tells the last lines that were written since it was opened", async () => {
    await mkdir(home.paths.logs, { recursive: true });
    await writeFile(path.join(home.paths.logs, "postgres.log"), "from before\n", { mode: 0o644 });
    const log = await openServerLog(home.paths.logs);
    expect(await log.lastLines()).toEqual([]);
    await appendFile(log.file, `${Array.from({ length: 9 }, (_, index) => `line ${index}`).join("\n")}\n\n`);
    expect(await log.lastLines()).toEqual(["line 3", "line 4", "line 5", "line 6", "line 7", "line 8"]);
    expect((await stat(log.file)).mode & 0o777).toBe(0o600);
    await log.close();
  });

  test("is set aside when it is large, and only one of those is kept", async () => {
    await mkdir(home.paths.logs, { recursive: true });
    for (const letter of ["a", "b"]) {
      await writeFile(path.join(home.paths.logs, "postgres.log"), letter.repeat(6 * 1024 * 1024));
      await (await openServerLog(home.paths.logs)).close();
    }
    expect((await readdir(home.paths.logs)).toSorted()).toEqual(["postgres.log", "postgres.log.1"]);
    expect((await stat(path.join(home.paths.logs, "postgres.log"))).size).toBe(0);
  });

  test("is understood where the disk is full", () => {
    const said = [
      'PANIC:  could not write to file "pg_wal/xlogtemp.29": No space left on device',
      'could not extend file "base/1/2691": wrote only 4096 of 8192 bytes at block 9 | HINT:  Check free disk space.',
      "FATAL:  data directory has invalid permissions",
    ];
    expect(said.map(saysDiskFull)).toEqual([true, true, false]);
  });
});
