import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { instancePaths, type InstancePaths } from "../../../../main/instance/paths.ts";
import { commandLine } from "../../../fixtures/command-line.ts";
import { testHome, type TestHome } from "../../../fixtures/home.ts";

// `commandLine` opens no instance: what works here works with a database that cannot be reached.

let home: TestHome;
let paths: InstancePaths;
beforeEach(async () => {
  home = await testHome();
  paths = instancePaths({ home: path.join(home.base, "settings") }, {});
});
afterEach(() => home.remove());

const run = (args: readonly string[], input = "") => commandLine(["--home", paths.home, ...args], { input });

describe("without an owner", () => {
  test("settings are shown and changed where they stand, and nothing is opened", async () => {
    const changed = await run(["configure", "--section", "general", "--set", "concurrency=2", "--json"]);
    expect(changed).toMatchObject({ exitCode: 0, stderr: "" });
    expect(JSON.parse(changed.stdout)).toMatchObject({ values: { concurrency: 2 }, restartNeeded: true });
    const shown = await run(["configure", "--section", "general", "--json"]);
    expect(JSON.parse(shown.stdout)).toMatchObject({ values: { concurrency: 2 }, restartNeeded: false });
  });

  test("a database address that is wrong can be corrected, and its password is not shown", async () => {
    const address = (host: string) => `postgres://me:pass-word@${host}/db`;
    await run(["configure", "--section", "database", "--set", "connectionString", "--value-stdin"], address("wrong"));
    const args = ["configure", "--section", "database", "--set", "connectionString", "--value-stdin"];
    const corrected = await run(args, address("right"));
    expect(corrected.exitCode).toBe(0);
    expect(corrected.stdout + corrected.stderr).not.toContain("pass-word");
    expect(await readFile(paths.config, "utf8")).toContain(address("right"));
  });

  test("a bad value is refused by key and file, and nothing is changed", async () => {
    const refused = await run(["configure", "--section", "general", "--set", "concurrency=many", "--json"]);
    expect(refused.exitCode).toBe(1);
    expect(JSON.parse(refused.stderr)).toMatchObject({ error: { code: "config_invalid" } });
    await mkdir(paths.root, { recursive: true });
    await writeFile(paths.config, "{ not json");
    expect((await run(["configure", "--section", "general"])).stderr).toContain("config.json");
    await rm(paths.config);
  });
});
