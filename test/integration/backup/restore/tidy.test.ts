import { mkdir, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { keptDatabase, restorePlaces, type RestorePlaces } from "../../../../main/backup/restore/places.ts";
import { createRestores, type Restores } from "../../../../main/backup/restore/restores.ts";
import { systemClock } from "../../../../main/instance/clock.ts";
import type { Log } from "../../../../main/instance/log.ts";
import { memoryLog, testHome, type TestHome } from "../../../fixtures/home.ts";

const IDS = ["20260301T070000000Z", "20260302T070000000Z"] as const;

let home: TestHome;
let places: RestorePlaces;
beforeEach(async () => {
  home = await testHome();
  places = await restorePlaces(home.paths);
  for (const id of IDS) {
    const database = keptDatabase(places, id);
    for (const folder of [database, path.join(places.kept, id)]) await mkdir(folder, { recursive: true });
    const [keptAt, expiresAt] = ["2026-03-01T07:00:00.000Z", "2026-03-08T07:00:00.000Z"];
    const state = { version: 1, id, keptAt, expiresAt, before: "restore", source: "a.tar", keyId: null, files: [] };
    await writeFile(
      path.join(places.kept, id, "kept.json"),
      JSON.stringify({ ...state, database: path.relative(places.root, database) }),
    );
  }
});
afterEach(() => home.remove());

const names = async () =>
  [...(await readdir(places.root)), ...(await readdir(places.kept))].filter((name) => name !== "restore").toSorted();

function restoresWith(log: Log, ring: () => Promise<never>): Restores {
  return createRestores({
    paths: home.paths,
    places,
    mode: "embedded",
    migrations: [],
    stage: {
      live: () => null,
      whyClosed: () => null,
      ring,
      open: async () => undefined,
      close: async () => undefined,
    },
    clock: systemClock,
    log,
    processEnv: {},
    changed: () => undefined,
  });
}

test("what was kept for longer than it is promised is removed with all of it, also after a removal that was killed", async () => {
  await mkdir(path.join(places.root, "db.kept-20260101T070000000Z.removing", "base"), { recursive: true });
  const restores = restoresWith(memoryLog(), () => Promise.reject(new Error("no key is needed")));
  await restores.tidy();
  expect(await names()).toEqual([]);
  await restores.stop();
});

test("nothing that is kept is removed while something is put back", async () => {
  let endUndo: (error: Error) => void = () => undefined;
  const given = new Promise<never>((_, reject) => (endUndo = reject));
  given.catch(() => undefined);
  const ring = () => given;
  const undone: Promise<unknown>[] = [];
  // The first one has gone by then.
  const log: Log = {
    ...memoryLog(),
    info: () => void undone.push(restores.undo(IDS[0]).catch((error: unknown) => error)),
  };
  const restores = restoresWith(log, ring);
  await restores.tidy();
  expect(await names()).toEqual([IDS[0], path.basename(keptDatabase(places, IDS[0]))]);
  expect(restores.work()).toMatchObject({ kind: "undo" });
  endUndo(new Error("it is given up"));
  expect(await Promise.all(undone)).toEqual([new Error("it is given up")]);
  await restores.stop();
});
