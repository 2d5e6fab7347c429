import { existsSync } from "node:fs";
import { mkdir, readdir, rm, truncate, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createBackups, type Backups } from "../../../main/backup/backups.ts";
import { noteProof, seeFile } from "../../../main/backup/proofs.ts";
import { readMigrations } from "../../../main/database/migration-files.ts";
import { readConfig, type Config } from "../../../main/instance/config.ts";
import { instancePaths, type InstancePaths } from "../../../main/instance/paths.ts";
import { eventually } from "../../fixtures/conditions.ts";
import { testDatabase, type TestDatabase } from "../../fixtures/database.ts";
import { testHome, type TestHome } from "../../fixtures/home.ts";
import { simulatedClock, type SimulatedClock } from "../../fixtures/simulated-clock.ts";
import { fill } from "./fixtures.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

let home: TestHome;
let database: TestDatabase;
let paths: InstancePaths;
let clock: SimulatedClock;
let settings: Config["backups"];
let backups: Backups;
let opened: Backups[];

beforeEach(async () => {
  home = await testHome();
  database = await testDatabase();
  await fill(database);
  await countWritten();
  paths = instancePaths({ home: home.base }, {});
  clock = simulatedClock(new Date("2026-03-08T07:00:00Z"));
  settings = { ...(await readConfig(paths)).backups, proveEveryDays: 0 };
  opened = [];
  backups = await open();
});
afterEach(async () => {
  for (const one of opened) await one.stop();
  await database.close();
  await home.remove();
});

async function open(session = database.options): Promise<Backups> {
  const one = createBackups({
    paths,
    session,
    migrations: await readMigrations(path.resolve("migrations")),
    appVersion: "1.2.3",
    clock,
    log: quiet,
    processEnv: process.env,
    key: async () => null,
    recoveryRecipient: async () => null,
    settings: () => settings,
    automatic: true,
    changed: () => undefined,
  });
  opened.push(one);
  return one;
}

/** A server counts what a connection wrote up to ten seconds later, as if it had been written then; here at once. */
const countWritten = () => database.pool.query("select pg_stat_force_next_flush()");
const taken = async () => (await readdir(paths.backups).catch(() => [])).filter((name) => name.endsWith(".tar"));
const state = async () => (await backups.list()).automatic;

/** Lets time pass in looks, until something is true and no look is at work. For one that is, time stands still. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  await eventually(async () => {
    if ((await backups.list()).work !== null) return false;
    if (await condition()) return true;
    clock.pass(15_000);
    return false;
  });
}

describe("backups by interval", () => {
  test("are taken at first soon after the start, then when the interval is over and something changed", async () => {
    await until(async () => (await taken()).length === 1);
    expect((await backups.list()).backups).toMatchObject([{ state: "ok", reason: "scheduled" }]);
    const first = await state();
    expect(first).toMatchObject({ state: "on", failure: null, unchangedAt: null });

    // Nothing was written: none is taken, and that is noted.
    clock.jump(61 * MINUTE);
    await until(async () => (await state()).unchangedAt !== null);
    expect(await taken()).toHaveLength(1);

    await fill(database);
    await countWritten();
    clock.jump(61 * MINUTE);
    await until(async () => (await taken()).length === 2 && (await state()).unchangedAt === null);
  });

  test("take another where the last one has lost its end, though nothing changed since", async () => {
    await countWritten();
    await until(async () => existsSync(path.join(paths.backups, "automatic.json")));
    const [first] = (await backups.list()).backups;
    await truncate(first?.path ?? "", 100 * 1024);
    clock.jump(61 * MINUTE);
    await until(async () => (await taken()).length === 2);
  });

  test("count those that were taken by hand, follow new settings at once, and are off where they are not wanted", async () => {
    settings = { ...settings, enabled: false };
    await backups.take();
    clock.jump(DAY);
    for (let look = 0; look < 8; look += 1) clock.pass(15_000);
    expect(await state()).toMatchObject({ state: "off", nextAt: null });
    expect(await taken()).toHaveLength(1);

    settings = { ...settings, enabled: true, intervalMinutes: 3_000 };
    expect(Date.parse((await state()).nextAt ?? "")).toBeGreaterThan(clock.now().getTime() + DAY);
    settings = { ...settings, intervalMinutes: 10 };
    await until(async () => (await taken()).length === 2);
  });

  test("that fail are shown with the way out, also after a restart, are tried again, and mended by one by hand", async () => {
    await mkdir(path.dirname(paths.backups), { recursive: true });
    await backups.stop();
    backups = await open({ ...database.options, host: "/nowhere" });
    await until(async () => (await state()).state === "failing");
    const { failure } = await state();
    expect(failure).toMatchObject({ doing: "taking", code: "database_unavailable" });
    expect(failure?.next).not.toBeNull();
    await backups.stop();

    backups = await open();
    expect((await state()).failure).toEqual(failure);
    clock.jump(MINUTE);
    await backups.take();
    expect(await state()).toMatchObject({ state: "on", failure: null });

    await rm(paths.backups, { recursive: true });
    clock.jump(61 * MINUTE);
    await until(async () => (await taken()).length === 1);
  });

  test("are proven after as many days as wanted; a proof that fails is shown until one comes about", async () => {
    settings = { ...settings, proveEveryDays: 7, intervalMinutes: 10_080 };
    const first = await backups.take();
    const proofOf = async (file: string) =>
      (await backups.list()).backups.find((one) => one.path === file && one.state !== "unreadable");
    await until(async () => ((await proofOf(first.path)) as { provenAt: string | null }).provenAt !== null);
    expect((await state()).state).toBe("on");

    clock.jump(6 * DAY);
    const broken = await backups.take();
    await writeFile(broken.path, Buffer.alloc(1), { flag: "a" });
    clock.jump(23 * 60 * MINUTE);
    for (let look = 0; look < 8; look += 1) clock.pass(15_000);
    expect((await state()).state).toBe("on");
    clock.jump(2 * 60 * MINUTE);
    await until(async () => (await state()).state === "failing");
    expect(await state()).toMatchObject({ failure: { doing: "proving", code: "backup_invalid" } });
    clock.jump(MINUTE);
    await backups.verify(first.path, true);
    expect(await state()).toMatchObject({ state: "on", failure: null });
  });

  test("come when they are due by the clock as it is, whatever it said while it was ahead", async () => {
    const years = 70 * 365 * DAY;
    settings = { ...settings, proveEveryDays: 7 };
    clock.jump(years);
    const ahead = await backups.take();
    await noteProof(await seeFile(ahead.path), clock.now(), []);
    await backups.stop();
    const at = clock.now().toISOString();
    const failure = { at, code: "disk_full", message: "It was full.", next: null };
    const noted = { version: 1, last: null, unchangedAt: at, taking: failure, proving: failure };
    await writeFile(path.join(paths.backups, "automatic.json"), JSON.stringify(noted));

    clock.jump(-years);
    await fill(database);
    backups = await open();
    await until(async () => (await taken()).length === 2);
    const { state: fares, nextAt, failure: left } = await state();
    expect({ fares, left }).toMatchObject({ fares: "failing", left: { doing: "proving" } });
    expect(Date.parse(nextAt ?? "")).toBeLessThanOrEqual(clock.now().getTime() + settings.intervalMinutes * MINUTE);
    // The newest one by the clock is proven too.
    await eventually(async () => {
      clock.pass(15_000);
      return (await backups.list()).work?.kind === "proving";
    });

    // One that failed is not mended by what is ahead.
    await backups.stop();
    clock.jump(DAY);
    backups = await open({ ...database.options, host: "/nowhere" });
    await until(async () => (await state()).state === "failing");
  });
});

describe("retention", () => {
  test("is previewed, removes what it does not keep, and is done before a backup is written", async () => {
    settings = { ...settings, keepHourly: 0, keepDaily: 2, keepWeekly: 0, keepMonthly: 0, enabled: false };
    const files: string[] = [];
    for (let day = 0; day < 3; day += 1) {
      files.push((await backups.take()).path);
      clock.jump(DAY);
    }
    const [oldest, middle, newest] = files;
    const preview = await backups.prune(true);
    expect(preview).toMatchObject({ removed: false, freedBytes: expect.any(Number) });
    expect(preview.backups.map(({ path: file, keep, removedFor }) => [file, keep, removedFor])).toEqual([
      [newest, ["newest", "daily"], null],
      [middle, ["daily"], null],
      [oldest, [], "tiers"],
    ]);
    expect(await taken()).toHaveLength(3);

    await backups.verify(oldest ?? "", true);
    expect((await backups.prune(true)).backups.at(-1)).toMatchObject({ keep: ["newest_proven"], removedFor: null });
    await backups.verify(newest ?? "", true);
    const last = await backups.take({ retentionPreset: "standard" });
    expect(await taken()).toHaveLength(4);
    expect(await backups.prune(false)).toMatchObject({ removed: true });
    expect(await taken()).toEqual([newest, last.path].map((file) => path.basename(file ?? "")));
  });

  test("what it removed before a backup is written stands in the answer", async () => {
    settings = { ...settings, keepHourly: 0, keepDaily: 1, keepWeekly: 0, keepMonthly: 0, enabled: false };
    const first = await backups.take();
    clock.jump(DAY);
    expect((await backups.take()).removed).toEqual([]);
    clock.jump(DAY);
    expect((await backups.take()).removed).toEqual([first.path]);
  });

  test("a backup that has lost its end takes no sound one's place", async () => {
    settings = { ...settings, keepHourly: 0, keepDaily: 1, keepWeekly: 0, keepMonthly: 0, enabled: false };
    const sound = await backups.take();
    clock.jump(DAY);
    const cut = (await backups.take()).path;
    await truncate(cut, 100 * 1024);
    expect((await backups.prune(true)).backups).toMatchObject([{ path: sound.path, keep: ["newest", "daily"] }]);
  });

  test("counts and removes nothing that was taken by a clock that was ahead", async () => {
    settings = { ...settings, keepHourly: 0, keepDaily: 2, keepWeekly: 0, keepMonthly: 0, enabled: false };
    const files: string[] = [];
    clock.jump(3_000 * DAY);
    for (let day = 0; day < 2; day += 1) {
      files.push((await backups.take()).path);
      clock.jump(DAY);
    }
    clock.jump(-3_010 * DAY);
    for (let day = 0; day < 3; day += 1) {
      files.push((await backups.take()).path);
      clock.jump(DAY);
    }
    const { backups: plan } = await backups.prune(false);
    expect(plan.map(({ path: file, keep }) => [file, keep])).toEqual([
      [files[4], ["newest", "daily"]],
      [files[3], ["daily"]],
      [files[2], []],
    ]);
    expect(await taken()).toEqual([3, 4, 0, 1].map((at) => path.basename(files[at] ?? "")));
  });

  test("keeps within the size and leaves alone what is no backup, cannot be read, or lies elsewhere", async () => {
    settings = { ...settings, maxMebibytes: 1, enabled: false };
    await mkdir(paths.backups, { recursive: true });
    const others = [
      "notes.txt",
      "paperclip-20990101T000000000Z-manual.tar",
      "paperclip-20250101T000000000Z-full.tar.age",
    ];
    for (const name of others) await writeFile(path.join(paths.backups, name), Buffer.alloc(2 * 1024 * 1024));
    const first = await backups.take();
    clock.jump(2 * 60 * MINUTE);
    const elsewhere = await backups.take({ directory: path.join(home.base, "elsewhere") });
    const second = await backups.take();
    expect((await readdir(paths.backups)).toSorted()).toEqual(
      [...others, path.basename(first.path), path.basename(second.path)].toSorted(),
    );
    expect(await readdir(path.dirname(elsewhere.path))).toEqual([path.basename(elsewhere.path)]);
  });
});
