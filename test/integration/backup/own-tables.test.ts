import path from "node:path";
import { expect, test } from "vitest";
import { readTables } from "../../../main/backup/catalog.ts";
import { ownTables } from "../../../main/backup/own-tables.ts";
import { readMigrations } from "../../../main/database/migration-files.ts";
import { applyFile, exclusively } from "../../../main/database/migrator.ts";
import { testDatabase } from "../../fixtures/database.ts";

test("the tables that migrations make are known by their SQL, after each of them", async () => {
  const database = await testDatabase("template0");
  try {
    const files = await readMigrations(path.resolve("migrations"));
    const client = await database.pool.connect();
    try {
      for (const [index, file] of files.entries()) {
        await exclusively(client, () => applyFile(client, file));
        const made = (await readTables(client)).map(({ schema, name }) => `${schema}.${name}`);
        const known = [...ownTables(files.slice(0, index + 1))].map((name) => `public.${name}`);
        expect(known.toSorted()).toEqual(made.toSorted());
      }
    } finally {
      client.release();
    }
  } finally {
    await database.close();
  }
});
