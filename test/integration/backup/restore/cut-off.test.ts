import { mkdir, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { finishIntent, writeIntent } from "../../../../main/backup/restore/intent.ts";
import { isThere, readKept, restorePlaces, type RestorePlaces } from "../../../../main/backup/restore/places.ts";
import { planSwap } from "../../../../main/backup/restore/plan.ts";
import { goOn, swap } from "../../../../main/backup/restore/swap.ts";
import { turning } from "../../../../main/turning.ts";
import { refusalOf } from "../../../fixtures/conditions.ts";
import { memoryLog, testHome, type TestHome } from "../../../fixtures/home.ts";
import { openPlane } from "../../../fixtures/plane.ts";

let home: TestHome;
beforeEach(async () => {
  home = await testHome();
});
afterEach(() => home.remove());

const now = new Date("2026-03-08T07:00:00.000Z");
const asked = { before: "restore", source: "a.tar", keyId: null, now, copies: [] } as const;

async function fill(directory: string, content: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  await writeFile(path.join(directory, "content"), content);
}

/** An instance whose database is old, and one beside it that is new; as files with a word in them. */
async function prepared(): Promise<RestorePlaces> {
  await fill(home.paths.db, "old");
  const places = await restorePlaces(home.paths);
  await fill(places.building, "new");
  await fill(path.join(places.opened, "files", "data", "storage"), "new");
  return places;
}

test("a swap that can neither be carried out nor taken back closes the instance with the reason, loses nothing, and is finished later", async () => {
  const { paths } = home;
  const found = await prepared();
  const database = async () => readFile(path.join(paths.db, "content"), "utf8");
  const log = memoryLog();
  // A name that is long enough leaves no room for that of a temporary file beside it.
  const long = path.join(path.dirname(found.intent), "intent".repeat(40));
  let isStuck = false;
  const places = {
    ...found,
    get intent() {
      return isStuck ? long : found.intent;
    },
  };
  const doors = turning(async () => {
    await finishIntent(places, log);
    return { close: async () => undefined };
  });
  let closings = 0;
  const stage = {
    live: () => null,
    whyClosed: doors.whyClosed,
    ring: () => Promise.reject(new Error("no key is needed")),
    open: doors.open,
    close: async (why?: Parameters<typeof doors.close>[0]) => {
      await doors.close(why);
      closings += 1;
      if (closings !== 2) return;
      await rename(found.intent, long);
      isStuck = true;
    },
  };
  await doors.open({ readOnly: false });
  const data = path.dirname(paths.storage);
  await symlink(path.join(home.base, "not-mounted"), data);
  const storage = { place: paths.storage, incoming: path.join(places.opened, "files", "data", "storage") };
  const services = { stage, places, paths, log };
  const plan = { ...asked, database: places.building, files: [storage] };

  const refusal = await refusalOf(swap(services, () => undefined, plan));
  expect(refusal.message).toContain("neither finished nor taken back");
  expect(refusal.next).toContain("Then start the app again");
  expect(await refusalOf(doors.current())).toEqual(refusal);
  await goOn(services);
  expect((await refusalOf(doors.current())).message).toContain("a link to a place that is gone");
  expect(await readFile(path.join(storage.incoming, "content"), "utf8")).toBe("new");
  expect(await readdir(places.kept)).toHaveLength(1);

  await rm(data);
  await doors.open({ readOnly: false });
  expect(await database()).toBe("new");
  expect(await readFile(path.join(paths.storage, "content"), "utf8")).toBe("new");
  expect(await readKept(places)).toMatchObject([{ database: "db.kept-20260308T070000000Z" }]);
  expect(await isThere(places.intent)).toBe(false);
});

test("a restore and an undo carry out first what an earlier one has left undone, and say so", async () => {
  const { paths } = home;
  const plane = await openPlane(home);
  const { client } = plane;
  const companies = async () => (await client.companies.list()).companies.map(({ name }) => name);
  try {
    await client.companies.create({ name: "Acme" });
    const { path: file } = await client.backups.take({});
    await client.companies.create({ name: "Beta" });
    await client.restore.start({ file });
    const places = await restorePlaces(paths);
    // As an undo leaves it that could be neither carried out nor taken back in this process.
    const leave = async (content: string) => {
      const incoming = path.join(places.opened, "files", "data", "storage");
      await fill(incoming, content);
      const [kept] = await readKept(places);
      const plan = {
        ...asked,
        database: path.join(places.root, kept?.database ?? ""),
        files: [{ place: paths.storage, incoming }],
        notes: { custody: "file", replaced: null } as const,
        now: new Date(),
      };
      await writeIntent(places, await planSwap(places, plan));
    };
    await leave("one");
    expect(await refusalOf(client.restore.start({ file }))).toMatchObject({ code: "restore_running" });
    expect(await companies()).toEqual(["Acme", "Beta"]);
    expect(await readFile(path.join(paths.storage, "content"), "utf8")).toBe("one");
    await leave("two");
    expect(await refusalOf(client.restore.undo({}))).toMatchObject({ code: "restore_running" });
    expect(await companies()).toEqual(["Acme"]);
    expect(await readFile(path.join(paths.storage, "content"), "utf8")).toBe("two");
    await client.restore.undo({});
    expect(await companies()).toEqual(["Acme", "Beta"]);
  } finally {
    await plane.close();
  }
});
