import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { finishIntent, type Intent, stepsOf, writeIntent } from "../../../../main/backup/restore/intent.ts";
import {
  readKept,
  removeKept,
  removeRemoved,
  removeUnfinished,
  restorePlaces,
  type RestorePlaces,
} from "../../../../main/backup/restore/places.ts";
import { planSwap, reverse } from "../../../../main/backup/restore/plan.ts";
import { refusalOf } from "../../../fixtures/conditions.ts";
import { memoryLog, testHome, type TestHome } from "../../../fixtures/home.ts";

const log = memoryLog();
const NOW = new Date("2026-03-08T07:00:00.000Z");
/** The steps of the swap below; a test fails where there are more. */
const STEPS = 9;

let home: TestHome;
let places: RestorePlaces;
beforeEach(async () => {
  home = await testHome();
  await mkdir(home.paths.secrets, { recursive: true });
  await directory(home.paths.db, "old");
  places = await restorePlaces(home.paths);
  await directory(places.building, "new");
  await mkdir(places.work, { recursive: true });
  await writeFile(path.join(places.work, "heads.json"), "new heads");
  await writeFile(places.heads, "old heads");
  await writeFile(path.join(home.paths.root, "fresh.json"), "new file");
  await writeFile(home.paths.masterKey, "the key");
});
afterEach(() => home.remove());

async function directory(place: string, content: string): Promise<void> {
  await mkdir(place, { recursive: true });
  await writeFile(path.join(place, "content"), content);
}

function plan(now = NOW): Promise<Intent> {
  return planSwap(places, {
    database: places.building,
    files: [
      { place: places.heads, incoming: path.join(places.work, "heads.json") },
      { place: path.join(home.paths.root, "config.json"), incoming: path.join(home.paths.root, "fresh.json") },
    ],
    copies: [home.paths.masterKey, path.join(home.paths.secrets, "audit-heads.json")],
    before: "restore",
    source: "a.tar",
    keyId: "0123456789abcdef",
    notes: { custody: "keychain", replaced: ["database", "settings"] },
    now,
  });
}

/** What stands where: files below the instance with their content. */
async function standing(): Promise<Record<string, string>> {
  const entries = await readdir(home.paths.root, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  const contents = await Promise.all(
    files.toSorted().map(async (file) => {
      const text = await readFile(file, "utf8");
      return [path.relative(home.paths.root, file), file.endsWith("kept.json") ? "a record" : text] as const;
    }),
  );
  return Object.fromEntries(contents);
}

const SWAPPED = {
  "config.json": "new file",
  "db.kept-20260308T070000000Z/content": "old",
  "db/content": "new",
  "restore/heads.json": "new heads",
  "restore/kept/20260308T070000000Z/custody.json": '{"custody":"keychain","replaced":["database","settings"]}\n',
  "restore/kept/20260308T070000000Z/files/1-heads.json": "old heads",
  "restore/kept/20260308T070000000Z/files/2-master.key": "the key",
  "restore/kept/20260308T070000000Z/kept.json": "a record",
  "secrets/master.key": "the key",
};

describe("a swap that is killed", () => {
  test("has the steps that are tested here", async () => {
    expect(stepsOf(places, await plan(), log)).toHaveLength(STEPS);
  });

  test.each(Array.from({ length: STEPS + 1 }, (_, steps) => steps))(
    "after %i steps is finished by the next start, once",
    async (steps) => {
      const decided = await plan();
      await writeIntent(places, decided);
      for (const step of stepsOf(places, decided, log).slice(0, steps)) await step();
      expect(await finishIntent(places, log)).toBe(steps < STEPS);
      expect(await finishIntent(places, log)).toBe(false);
      expect(await standing()).toEqual(SWAPPED);
      expect(await readKept(places)).toMatchObject([
        {
          database: "db.kept-20260308T070000000Z",
          expiresAt: "2026-03-15T07:00:00.000Z",
          files: [
            { place: "restore/heads.json", kept: expect.stringContaining("1-heads.json") },
            { place: "config.json", kept: null },
            { place: "secrets/master.key", kept: expect.stringContaining("2-master.key") },
            { place: "secrets/audit-heads.json", kept: null },
          ],
        },
      ]);
    },
  );

  test.each(Array.from({ length: STEPS + 1 }, (_, steps) => steps))(
    "after %i steps can be taken back, and that can be killed too",
    async (steps) => {
      const before = await standing();
      const decided = await plan();
      await writeIntent(places, decided);
      for (const step of stepsOf(places, decided, log).slice(0, steps)) await step();
      const back = reverse(decided);
      for (const killed of [1, 3, 5]) {
        await writeIntent(places, back);
        for (const step of stepsOf(places, back, log).slice(0, killed)) await step();
      }
      await finishIntent(places, log);
      expect(await readKept(places)).toEqual([]);
      await removeUnfinished(places, log);
      const { "db.restoring/content": _, "fresh.json": __, "restore/work/heads.json": ___, ...inUse } = before;
      expect(await standing()).toMatchObject(inUse);
      expect(Object.keys(await standing()).filter((name) => name.startsWith("db"))).toEqual(["db/content"]);
    },
  );
});

test("what was built and never decided on is removed, and what is in use stays", async () => {
  await plan();
  expect(await finishIntent(places, log)).toBe(false);
  await removeUnfinished(places, log);
  expect(await standing()).toEqual({
    "db/content": "old",
    "fresh.json": "new file",
    "restore/heads.json": "old heads",
    "secrets/master.key": "the key",
  });
});

test("what is kept last is the newest, also where the clock went back", async () => {
  await writeIntent(places, await plan());
  await finishIntent(places, log);
  await directory(places.building, "newer");
  const earlier = new Date("2026-03-08T06:00:00.000Z");
  await writeIntent(places, await plan(earlier));
  await finishIntent(places, log);
  expect((await readKept(places)).map(({ id, keptAt }) => [id, keptAt])).toEqual([
    ["20260308T070000001Z", earlier.toISOString()],
    ["20260308T070000000Z", NOW.toISOString()],
  ]);
});

test("a kept state that is removed leaves nothing", async () => {
  await writeIntent(places, await plan());
  await finishIntent(places, log);
  const [kept] = await readKept(places);
  if (!kept) throw new Error("nothing is kept");
  await removeKept(places, kept, log);
  expect(await readKept(places)).toEqual([]);
  expect(Object.keys(await standing()).filter((name) => name.includes("kept"))).toEqual([]);
});

test("what is left of a kept state whose removal was killed is not put back, and is removed", async () => {
  await writeIntent(places, await plan());
  await finishIntent(places, log);
  const database = `${home.paths.db}.kept-20260308T070000000Z`;
  await rename(database, `${database}.removing`);
  expect(await readKept(places)).toEqual([]);
  await removeUnfinished(places, log);
  await removeRemoved(places, log);
  expect(Object.keys(await standing()).filter((name) => name.includes("kept"))).toEqual([]);
});

test("an intent that cannot be read stops the start and touches nothing", async () => {
  await writeFile(places.intent, "{");
  const before = await standing();
  expect((await refusalOf(finishIntent(places, log))).code).toBe("instance_invalid");
  expect(await standing()).toEqual(before);
});
