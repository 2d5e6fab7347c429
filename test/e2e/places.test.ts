import { chmod, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { testInstance } from "../fixtures/instance.ts";
import { refusal } from "../fixtures/refusal.ts";

describe("the place of an instance", () => {
  test.each([
    ["with spaces and letters of all kinds", "Größe  und Zeit ✓"],
    ["longer than a socket path", `deep/${"long-folder-name/".repeat(10)}`],
  ])("%s works", async (_, homeName) => {
    const instance = await testInstance(homeName);
    try {
      await chmod(instance.env["HOME"] ?? "", 0o700);
      await instance.json(["companies", "create", "--name", "Acme", "--prefix", "ACM"]);
      expect(await instance.json(["status"])).toMatchObject({ database: { state: "ready", mode: "embedded" } });
    } finally {
      await instance.remove();
    }
  });

  test("a broken config file is refused by key and file, and kept", async () => {
    const instance = await testInstance();
    try {
      await instance.json(["status"]);
      const config = path.join(instance.root, "config.json");
      for (const text of ["{ not json", '{"version": 1, "database": {"mode": "oracle"}}']) {
        await writeFile(config, text);
        const error = await refusal(instance, "config_invalid", ["companies", "list"]);
        expect(error.message).toContain("config.json");
        expect(await readFile(config, "utf8")).toBe(text);
      }
      await rm(config);
    } finally {
      await instance.remove();
    }
  });

  test("a db folder of somebody else is left untouched", async () => {
    const instance = await testInstance();
    try {
      const db = path.join(instance.root, "db");
      await mkdir(db, { recursive: true });
      await writeFile(path.join(db, "PG_VERSION"), "18\n");
      await refusal(instance, "database_unmarked", ["companies", "list"]);
      expect(await readdir(db)).toEqual(["PG_VERSION"]);
      expect(await instance.json(["status"])).toMatchObject({ database: { state: "failed" } });
    } finally {
      await instance.remove();
    }
  });
});
