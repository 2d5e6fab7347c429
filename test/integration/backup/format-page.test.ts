import { execFile, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { takeFullBackup } from "../../../main/backup/full/take.ts";
import { takeBackup } from "../../../main/backup/take.ts";
import { instancePaths } from "../../../main/instance/paths.ts";
import { makeCode } from "../../../main/secrets/recovery-copy.ts";
import { testDatabase, type TestDatabase } from "../../fixtures/database.ts";
import { testHome, type TestHome } from "../../fixtures/home.ts";
import { fill, takeOptions } from "./fixtures.ts";
import { fillInstance, giveKey, takeFullOptions } from "./full-fixtures.ts";

const TOOLS = ["age", "tar", "gzip", "psql", "python3"];
const missing = TOOLS.filter((tool) => spawnSync(tool, ["--version"]).error !== undefined);

let home: TestHome;
let database: TestDatabase;
const empty: TestDatabase[] = [];
beforeAll(async () => {
  [home, database] = [await testHome(), await testDatabase()];
  for (const _ of ["full", "database"]) empty.push(await testDatabase("template0"));
});
afterAll(async () => {
  await database.close();
  for (const one of empty) await one.close();
  await home.remove();
});

test.skipIf(missing.length > 0)(
  "backups of both kinds come back by what docs/BACKUP.md says, word by word",
  async () => {
    await fill(database, 20);
    await database.pool.query(`create schema "of's"; create table "of's"."no ""tes" (id serial primary key, one text);
      insert into "of's"."no ""tes" (one) values ('mine')`);
    const key = await giveKey(database);
    const paths = instancePaths({ home: home.base }, {});
    await fillInstance(paths);
    const { code, recipient } = await makeCode();
    const taken = await takeBackup(await takeOptions(database, path.join(home.base, "taken")));
    const full = await takeFullBackup(await takeFullOptions(database, paths, { to: { recipient }, key }));
    const page = await readFile(path.resolve("docs/BACKUP.md"), "utf8");
    const [openFull, open, load, ...more] = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block ?? "");
    expect(more).toEqual([]);
    const again = async (one: TestDatabase) =>
      (await takeBackup({ ...(await takeOptions(one, path.join(home.base, randomUUID()))) })).tables;
    const tables = (await again(database)).filter(({ schema }) => schema === "public");

    for (const [index, opened] of [openFull, open].entries()) {
      const target = empty[index];
      if (!target) throw new Error("there is no empty database");
      const by = path.join(home.base, `by-hand-${index}`);
      await mkdir(by);
      await writeFile(path.join(by, "code"), `${code}\n`, { mode: 0o600 });
      // What the page leaves open: the names of the files, the place of the code, and the database that is there.
      const script = `${opened}${load}`
        .replaceAll("age -d paperclip-…-full.tar.age", `age -d -i code '${full.path}'`)
        .replaceAll("paperclip-….tar", `'${taken.path}'`)
        .replaceAll(/ restored$/gm, ` ${target.options.database ?? ""}`);
      expect(script).not.toContain("…");
      const { host = "", port = 0, user = "", password = "" } = target.options;
      const env = { ...process.env, PGHOST: host, PGPORT: String(port), PGUSER: user, PGPASSWORD: String(password) };
      await promisify(execFile)("sh", ["-ec", script], { cwd: by, env });
      expect(await again(target)).toEqual(tables);
    }
  },
);
