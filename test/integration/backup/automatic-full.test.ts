import { readFile, rm, truncate, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createBackups, type Backups } from "../../../main/backup/backups.ts";
import { noteProof, seeFile } from "../../../main/backup/proofs.ts";
import { Refusal } from "../../../main/contract/refusal.ts";
import { readMigrations } from "../../../main/database/migration-files.ts";
import { readConfig, type Config } from "../../../main/instance/config.ts";
import { instancePaths, type InstancePaths } from "../../../main/instance/paths.ts";
import { keyText, type MasterKey } from "../../../main/secrets/master-key.ts";
import { makeCode } from "../../../main/secrets/recovery-copy.ts";
import { eventually, refusalOf } from "../../fixtures/conditions.ts";
import { testDatabase, type TestDatabase } from "../../fixtures/database.ts";
import { testHome, type TestHome } from "../../fixtures/home.ts";
import { simulatedClock, type SimulatedClock } from "../../fixtures/simulated-clock.ts";
import { fillInstance, giveKey } from "./full-fixtures.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

let code: string;
let recipient: string;
let home: TestHome;
let database: TestDatabase;
let paths: InstancePaths;
let clock: SimulatedClock;
let key: MasterKey;
let settings: Config["backups"];
let inForce: string | null;
let locked: boolean;
/** Called whenever the recovery code is asked for. */
let asked: () => Promise<void>;
let opened: Backups[];
let backups: Backups;

beforeAll(async () => {
  ({ code, recipient } = await makeCode());
});
beforeEach(async () => {
  home = await testHome();
  database = await testDatabase();
  paths = instancePaths({ home: home.base }, {});
  key = await giveKey(database);
  await fillInstance(paths);
  clock = simulatedClock(new Date("2026-03-08T07:00:00Z"));
  // Those of the database have tests of their own.
  settings = { ...(await readConfig({ ...paths, config: "/nowhere" })).backups, enabled: false };
  [inForce, locked, opened] = [recipient, false, []];
  asked = async () => undefined;
  backups = await open();
});
afterEach(async () => {
  for (const one of opened) await one.stop();
  await database.close();
  await home.remove();
});

async function open(): Promise<Backups> {
  const one = createBackups({
    paths,
    session: database.options,
    migrations: await readMigrations(path.resolve("migrations")),
    appVersion: "1.2.3",
    clock,
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    processEnv: process.env,
    key: async () => {
      if (locked) throw new Refusal("vault_locked", "The vault is locked.", { next: "Bring the key." });
      return { id: key.id, text: keyText(key) };
    },
    recoveryRecipient: async () => {
      await asked();
      return inForce;
    },
    settings: () => settings,
    automatic: true,
    changed: () => undefined,
  });
  opened.push(one);
  return one;
}

const fulls = async () => (await backups.list()).backups.filter((one) => one.state === "sealed");
const atRest = async () => (await backups.list()).work === null;
const state = async () => (await backups.list()).automatic.full;

/** Lets time pass in looks, until something is true. It stands still while one is at work, however long that takes. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  await eventually(async () => {
    if (await atRest()) clock.pass(15_000);
    return condition();
  });
}

/** Time in which nothing may happen: so many looks, each of which is over when the next one comes. */
async function looks(count: number): Promise<void> {
  for (let look = 0; look < count; look += 1) {
    clock.pass(15_000);
    await state();
  }
}

describe("full backups by interval", () => {
  test("wait for a recovery code and some quiet, and are opened by the code alone", async () => {
    inForce = null;
    clock.jump(DAY);
    await looks(4);
    expect(await state()).toEqual({ state: "no_code", nextAt: null, unchangedAt: null, failure: null });

    inForce = recipient;
    const { nextAt } = await state();
    expect(Date.parse(nextAt ?? "")).toBe(clock.now().getTime() + 5 * MINUTE);
    await looks(4);
    expect(await fulls()).toEqual([]);
    clock.jump(5 * MINUTE);
    await until(async () => (await fulls()).length === 1 && (await atRest()));
    const [taken] = await fulls();
    expect(taken).toMatchObject({ openedBy: "recovery", reason: "scheduled", provenAt: null });
    expect(path.basename(taken?.path ?? "")).toMatch(/^paperclip-\d{8}T\d{9}Z-full-scheduled\.tar\.age$/);
    expect((await refusalOf(backups.verify(taken?.path ?? "", false))).code).toBe("backup_sealed");
    const verified = await backups.verify(taken?.path ?? "", false, { code });
    expect(verified).toMatchObject({ kind: "full", reason: "scheduled", full: { keyId: key.id, files: { count: 6 } } });
  });

  test("are left out where nothing was changed, and taken where a file was, also after a restart", async () => {
    await looks(1);
    clock.jump(6 * MINUTE);
    await until(async () => (await fulls()).length === 1 && (await atRest()));
    clock.jump(DAY);
    await until(async () => (await state()).unchangedAt !== null);
    expect(await fulls()).toHaveLength(1);
    const next = Date.parse((await state()).nextAt ?? "");
    expect(next).toBeGreaterThan(clock.now().getTime() + DAY - 10 * MINUTE);

    await backups.stop();
    backups = await open();
    // What was cut off, as by a disk that fails, is another change.
    await truncate((await fulls())[0]?.path ?? "", 1_000_000);
    clock.jump(DAY);
    await looks(1);
    clock.jump(6 * MINUTE);
    await until(async () => (await fulls()).length === 2 && (await atRest()));

    await writeFile(path.join(paths.root, "workspaces/coder/notes.md"), "other notes\n");
    clock.jump(DAY);
    await until(async () => (await fulls()).length === 3 && (await atRest()));
    expect((await state()).unchangedAt).toBeNull();
  });

  test("that fail say why and how they go on, are tried again, and are off where they are not wanted", async () => {
    locked = true;
    await looks(1);
    clock.jump(6 * MINUTE);
    await until(async () => (await state()).state === "failing");
    expect(await state()).toMatchObject({ failure: { code: "vault_locked", next: "Bring the key." } });
    expect(await fulls()).toEqual([]);
    locked = false;
    clock.jump(61 * MINUTE);
    await until(async () => (await fulls()).length === 1 && (await atRest()));
    expect(await state()).toMatchObject({ state: "on", failure: null });

    settings = { ...settings, fullEveryDays: 0 };
    expect(await state()).toMatchObject({ state: "off", nextAt: null });
    await writeFile(path.join(paths.root, "workspaces/new"), "new\n");
    clock.jump(30 * DAY);
    await looks(4);
    expect(await fulls()).toHaveLength(1);
  });

  test("are kept by tiers of their own, with those by hand and the newest proven one left alone", async () => {
    settings = { ...settings, fullKeepDaily: 1, fullKeepWeekly: 0, fullKeepMonthly: 0, fullMaxMebibytes: 1 };
    const byHand = await backups.takeFull({});
    const files: string[] = [];
    for (let day = 0; day < 3; day += 1) {
      await writeFile(path.join(paths.root, "workspaces/coder/notes.md"), `day ${day}\n`);
      await looks(1);
      clock.jump(DAY + 6 * MINUTE);
      const before = new Set((await fulls()).map((one) => one.path));
      await until(async () => (await fulls()).some((one) => !before.has(one.path)) && (await atRest()));
      files.push((await fulls())[0]?.path ?? "");
      if (day === 0) await noteProof(await seeFile(files[0] ?? ""), clock.now(), []);
    }
    const [proven, , newest] = files;
    const { backups: plan } = await backups.prune(true);
    expect(plan.filter(({ kind }) => kind === "full").map((one) => [one.path, one.keep, one.removedFor])).toEqual([
      [newest, ["newest", "daily"], null],
      [files[1], [], "tiers"],
      [proven, ["newest_proven"], null],
    ]);
    await backups.prune(false);
    expect((await fulls()).map((one) => one.path)).toEqual([newest, proven, byHand.path]);
  });

  test("are not begun any more by a look that goes on while the app stops", async () => {
    await looks(1);
    clock.jump(6 * MINUTE);
    // The second time it is a part of the mark, right before one would be taken.
    let times = 0;
    let goOn = () => undefined as void;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    asked = async () => {
      times += 1;
      if (times === 2) await held;
    };
    clock.pass(15_000);
    await eventually(() => times === 2);
    const stopped = backups.stop();
    goOn();
    await stopped;
    expect(await fulls()).toEqual([]);
    expect(await state()).toMatchObject({ failure: null });
    expect((await refusalOf(backups.takeFull({}))).code).toBe("backup_cancelled");
  });

  test("come when they are due by the clock as it is, whatever it said while it was ahead", async () => {
    const years = 70 * 365 * DAY;
    clock.jump(years);
    await looks(1);
    clock.jump(6 * MINUTE);
    await until(async () => (await fulls()).length === 1 && (await atRest()));
    clock.jump(-years);
    await writeFile(path.join(paths.root, "workspaces/coder/notes.md"), "other notes\n");
    await until(async () => (await fulls()).length === 2 && (await atRest()));
    const { nextAt } = await state();
    expect(Date.parse(nextAt ?? "")).toBeLessThanOrEqual(clock.now().getTime() + DAY);
  });

  test("go on where what was noted of them is of an earlier version or gone", async () => {
    await looks(1);
    clock.jump(6 * MINUTE);
    await until(async () => (await fulls()).length === 1 && (await atRest()));
    const file = path.join(paths.backups, "automatic.json");
    await until(async () => (await readFile(file, "utf8").catch(() => "")).includes("full-scheduled"));
    const { full: _, ...earlier } = JSON.parse(await readFile(file, "utf8")) as Record<string, unknown>;
    await backups.stop();
    await writeFile(file, JSON.stringify(earlier));
    backups = await open();
    expect(await state()).toMatchObject({ state: "on", unchangedAt: null });
    await rm(file);
    expect(await fulls()).toHaveLength(1);
  });
});
