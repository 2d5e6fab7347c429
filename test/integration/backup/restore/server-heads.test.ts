import { mkdir, readdir, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { restorePlaces } from "../../../../main/backup/restore/places.ts";
import { findServerHeads } from "../../../../main/backup/restore/server.ts";
import { holdBack } from "../../../../main/runs/hold.ts";
import { testDatabase, type TestDatabase } from "../../../fixtures/database.ts";
import { testHome, type TestHome } from "../../../fixtures/home.ts";

let home: TestHome;
let database: TestDatabase;
beforeEach(async () => {
  [home, database] = await Promise.all([testHome(), testDatabase()]);
});
afterEach(async () => {
  await database.close();
  await home.remove();
});

const DAY_MS = 86_400_000;
const now = new Date();
const restored = () =>
  database.orm.transaction((tx) => holdBack(tx, { kind: "restore", source: "a.tar", stateOf: now }, now));

test("heads that wait for another database are not those of the one that is open, and go after 7 days", async () => {
  const places = await restorePlaces(home.paths);
  const directory = path.dirname(places.heads);
  await mkdir(directory, { recursive: true });
  const note = async (id: string, daysOld: number) => {
    const file = path.join(directory, `heads-${id}.json`);
    await writeFile(file, "{}");
    await utimes(file, now, new Date(now.getTime() - daysOld * DAY_MS));
    return file;
  };
  const waits = await note("7d1f3a52-0a51-4c6c-9f0e-0a8f0f6f2b11", 6);
  await note("7d1f3a52-0a51-4c6c-9f0e-0a8f0f6f2b12", 8);
  expect([waits, places.heads]).not.toContain(await findServerHeads(places, database.orm, now));
  // An earlier restore of the same rows, which a backup of them brought along.
  const earlier = await note(await restored(), 1);
  expect(await findServerHeads(places, database.orm, now)).toBe(earlier);
  const own = await note(await restored(), 9);
  expect(await findServerHeads(places, database.orm, now)).toBe(own);
  expect(await readdir(directory)).toEqual([waits, earlier, own].map((file) => path.basename(file)).toSorted());
});
