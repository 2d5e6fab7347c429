import { mkdir, readdir, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import {
  keptDatabase,
  type KeptState,
  readKept,
  removeUnfinished,
  type RestorePlaces,
  restorePlaces,
} from "../../../../main/backup/restore/places.ts";
import { serversOn } from "../../../../main/database/embedded/former.ts";
import { makePrivateDirectory } from "../../../../main/instance/permissions.ts";
import { memoryLog, temporaryIn, testHome, type TestHome } from "../../../fixtures/home.ts";
import { bundledWorkers, type Workers } from "../../../fixtures/workers/worker.ts";

const ID = "20260308T070000000Z";

let workers: Workers;
let home: TestHome;
beforeAll(async () => {
  workers = await bundledWorkers("hold-database");
});
afterAll(() => workers.remove());
beforeEach(async () => {
  home = await testHome();
});
afterEach(() => home.remove());

function kept(database: string | null): KeptState {
  return {
    version: 1,
    id: ID,
    keptAt: "2026-03-08T07:00:00.000Z",
    expiresAt: "2026-03-15T07:00:00.000Z",
    before: "restore",
    source: "a.tar",
    keyId: null,
    database,
    files: [],
  };
}

/** A kept folder with a key in it, and its record where there is one. */
async function keep({ kept: folder }: RestorePlaces, name: string, record: string | null): Promise<void> {
  await makePrivateDirectory(path.join(folder, name));
  await writeFile(path.join(folder, name, "master.key"), "a key");
  if (record !== null) await writeFile(path.join(folder, name, "kept.json"), record);
}

// Only there a server is found whose directory has got another name since.
test.runIf(process.platform === "linux")(
  "a server that a killed undo had started on a kept state is ended by the next start, and the state stays",
  async () => {
    const places = await restorePlaces(home.paths);
    const worker = workers.start([home.paths.home, path.resolve(".")], temporaryIn(home));
    expect(await worker.message()).toBe("open");
    await worker.kill();
    const database = keptDatabase(places, ID);
    await rename(places.database, database);
    const state = kept(path.relative(places.root, database));
    await keep(places, ID, JSON.stringify(state));
    expect((await serversOn(database)).filter(({ leads }) => leads)).toHaveLength(1);
    await removeUnfinished(places, memoryLog());
    expect(await serversOn(database)).toEqual([]);
    expect(await readKept(places)).toEqual([state]);
  },
);

test("only a kept folder without a record, or whose database is gone, is removed; one that cannot be read is left alone and told", async () => {
  const places = await restorePlaces(home.paths);
  await makePrivateDirectory(places.root);
  await keep(places, ID, JSON.stringify({ ...kept(null), said: "by a newer version" }));
  await keep(places, "GONE", JSON.stringify({ ...kept("db.kept-GONE"), id: "GONE" }));
  await keep(places, "NONE", null);
  await keep(places, "NEWER", JSON.stringify({ version: 2 }));
  await keep(places, "TORN", '{"version": 1,');
  await keep(places, "UNREAD", null);
  await mkdir(path.join(places.kept, "UNREAD", "kept.json"));
  const log = memoryLog();
  await removeUnfinished(places, log);
  expect((await readdir(places.kept)).toSorted()).toEqual([ID, "NEWER", "TORN", "UNREAD"]);
  expect(await readKept(places)).toEqual([kept(null)]);
  for (const name of ["NEWER", "TORN", "UNREAD"]) expect(log.lines.join("\n")).toContain(path.join(places.kept, name));
});
