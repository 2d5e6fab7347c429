import { rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import {
  keptDatabase,
  type KeptState,
  readKept,
  removeUnfinished,
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
    const state: KeptState = {
      version: 1,
      id: ID,
      keptAt: "2026-03-08T07:00:00.000Z",
      expiresAt: "2026-03-15T07:00:00.000Z",
      before: "restore",
      source: "a.tar",
      keyId: null,
      database: path.relative(places.root, database),
      files: [],
    };
    await makePrivateDirectory(path.join(places.kept, ID));
    await writeFile(path.join(places.kept, ID, "kept.json"), JSON.stringify(state));
    expect((await serversOn(database)).filter(({ leads }) => leads)).toHaveLength(1);
    await removeUnfinished(places, memoryLog());
    expect(await serversOn(database)).toEqual([]);
    expect(await readKept(places)).toEqual([state]);
  },
);
