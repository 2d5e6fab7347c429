import { randomBytes } from "node:crypto";
import { chmod, chown, readdir, readFile, rename, rm, stat, symlink, truncate, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testInstance, type TestInstance } from "../fixtures/instance.ts";
import { refusal } from "../fixtures/refusal.ts";

describe("the master key", () => {
  /** With a company and a secret; stopped. */
  let origin: TestInstance;
  let keyId: string;
  beforeAll(async () => {
    origin = await testInstance();
    const owner = await origin.serve();
    await origin.json(["companies", "create", "--name", "Acme", "--prefix", "ACM"]);
    await origin.json(["secrets", "create", "--key", "token", "--value-stdin"], { input: "some-value" });
    ({ keyId } = (await origin.json<{ vault: { keyId: string } }>(["status"])).vault);
    await origin.run(["stop"]);
    await owner.ended;
  });
  afterAll(() => origin.remove());

  const faults: [string, (file: string) => Promise<unknown>][] = [
    ["missing", (file) => rm(file)],
    ["another one", (file) => writeFile(file, `${randomBytes(32).toString("base64")}\n`)],
    ["truncated", (file) => truncate(file, 10)],
    [
      "a symbolic link",
      async (file) => {
        await rename(file, `${file}.real`);
        await symlink(`${file}.real`, file);
      },
    ],
    ["of another owner", (file) => chown(file, 65_534, 65_534)],
  ];

  test.each(faults)("%s: the vault is locked, nothing is made, and the rest works", async (_, spoil) => {
    const instance = await testInstance("home", origin);
    try {
      const directory = path.join(instance.root, "secrets");
      await spoil(path.join(directory, "master.key"));
      const spoiled = await contents(directory);
      await instance.serve();
      const status = await instance.json<{ vault: object; problems: { message: string; next: string }[] }>(["status"]);
      expect(status.vault).toMatchObject({ state: "locked" });
      expect(status.problems.some((problem) => problem.next)).toBe(true);
      const error = await refusal(
        instance,
        "vault_locked",
        ["secrets", "rotate", "token", "--value-stdin"],
        "other-value",
      );
      expect(error.message).toContain(keyId);
      expect(await instance.json(["secrets", "show", "token"])).toMatchObject({ latestVersion: 1 });
      await instance.json(["companies", "create", "--name", "Other", "--prefix", "OTH"]);
      expect(await contents(directory)).toEqual(spoiled);
    } finally {
      await instance.remove();
    }
  });

  test("whose file is too wide is tightened, and health says so once", async () => {
    const instance = await testInstance("home", origin);
    try {
      const key = path.join(instance.root, "secrets", "master.key");
      await chmod(key, 0o644);
      expect(await instance.json(["secrets", "health"])).toMatchObject({ state: "ready", level: "warn" });
      expect((await stat(key)).mode & 0o777).toBe(0o600);
    } finally {
      await instance.remove();
    }
  });
});

async function contents(directory: string): Promise<string[]> {
  const names = (await readdir(directory)).toSorted();
  return Promise.all(names.map(async (name) => `${name} ${await readFile(path.join(directory, name), "base64")}`));
}
