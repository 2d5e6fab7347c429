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
import { ageEntry } from "../../fixtures/age-entry.ts";
import { testDatabase, type TestDatabase } from "../../fixtures/database.ts";
import { testHome, type TestHome } from "../../fixtures/home.ts";
import { fill, takeOptions } from "./fixtures.ts";
import { fillInstance, giveKey, takeFullOptions } from "./full-fixtures.ts";

const TOOLS = ["age", "tar", "gzip", "psql", "python3"];
const missing = TOOLS.filter((tool) => spawnSync(tool, ["--version"]).error !== undefined);

let home: TestHome;
let database: TestDatabase;
let empty: TestDatabase;
let entry: Awaited<ReturnType<typeof ageEntry>>;
beforeAll(async () => {
  [home, database, empty, entry] = [
    await testHome(),
    await testDatabase(),
    await testDatabase("template0"),
    await ageEntry(),
  ];
});
afterAll(async () => {
  await database.close();
  await empty.close();
  await home.remove();
  await entry.remove();
});

test.skipIf(missing.length > 0)("a full backup comes back by what docs/BACKUP.md says, word by word", async () => {
  await fill(database, 20);
  const key = await giveKey(database);
  const paths = instancePaths({ home: home.base }, {});
  await fillInstance(paths);
  const { code, recipient } = await makeCode();
  const taken = await takeFullBackup(
    await takeFullOptions(database, paths, { to: { recipient }, ageEntry: entry.path, key }),
  );
  const page = await readFile(path.resolve("docs/BACKUP.md"), "utf8");
  const [openFull, load, ...more] = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block ?? "");
  expect(more).toEqual([]);

  const by = path.join(home.base, "by-hand");
  await mkdir(by);
  await writeFile(path.join(by, "code"), `${code}\n`, { mode: 0o600 });
  // What the page leaves open: the name of the file, the place of the code, and the database that is there.
  const inside = taken.header.database;
  const script = `${openFull}${load}`
    .replaceAll("age -d paperclip-…-full.tar.age", `age -d -i code '${taken.path}'`)
    .replaceAll("paperclip-….tar", inside)
    .replaceAll(/ restored$/gm, ` ${empty.options.database ?? ""}`);
  expect(script).not.toContain("…");
  const { host = "", port = 0, user = "", password = "" } = empty.options;
  const env = { ...process.env, PGHOST: host, PGPORT: String(port), PGUSER: user, PGPASSWORD: String(password) };
  await promisify(execFile)("sh", ["-ec", script], { cwd: by, env });

  const again = async (one: TestDatabase) =>
    (await takeBackup({ ...(await takeOptions(one, path.join(home.base, randomUUID()))), tidy: false })).tables;
  expect(await again(empty)).toEqual(await again(database));
});
