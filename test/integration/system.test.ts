import type { BackupList } from "../../main/backup/backups.ts";
import { call } from "@orpc/server";
import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openDatabase, type OpenDatabase } from "../../main/database/open.ts";
import { systemClock } from "../../main/instance/clock.ts";
import { createListeners } from "../../main/instance/listeners.ts";
import { makePrivateDirectory } from "../../main/instance/permissions.ts";
import { fileKeyPlace } from "../../main/secrets/file-key-place.ts";
import { OWNER_LEASE_MS, ownersElsewhere, registerOwner, removeOwner } from "../../main/runs/owners.ts";
import { openVault } from "../../main/secrets/vault.ts";
import { systemProcedures } from "../../main/system.ts";
import { eventually } from "../fixtures/conditions.ts";
import { testDatabase, type TestDatabase } from "../fixtures/database.ts";
import { memoryLog, testHome, type TestHome } from "../fixtures/home.ts";
import { type Pooler, startPooler } from "../fixtures/pooler.ts";

let home: TestHome;
let server: TestDatabase;
let main: Pooler;
let session: Pooler;
let opened: OpenDatabase;
beforeEach(async () => {
  home = await testHome();
  server = await testDatabase();
  [main, session] = await Promise.all([startPooler(server.options), startPooler(server.options)]);
  opened = await openDatabase({
    paths: home.paths,
    databaseUrl: main.url,
    migrationUrl: session.url,
    migrationsDirectory: path.resolve("migrations"),
    runtimeDirectory: home.base,
    clock: systemClock,
    log: memoryLog(),
    beforeMigrate: async () => undefined,
  });
});
afterEach(async () => {
  await opened.close();
  await Promise.all([main.close(), session.close()]);
  await server.close();
  await home.remove();
});

const full = { state: "off", nextAt: null, unchangedAt: null, failure: null } as const;

/** The folder of backups as its room tells of it. */
let folder: BackupList = {
  directory: "/backups",
  backups: [],
  bytes: 0,
  automatic: { state: "on", nextAt: null, unchangedAt: null, failure: null, full },
  work: null,
};

const context = { host: "in-process", reportUnexpected: () => null } as const;

async function procedures() {
  const vault = await openVault({
    database: server,
    clock: systemClock,
    place: fileKeyPlace({
      secretsDirectory: home.paths.secrets,
      keyFile: home.paths.masterKey,
      keyFileIsDefault: true,
    }),
  });
  return systemProcedures({
    version: "1.2.3",
    paths: home.paths,
    kind: "serve",
    startedAt: systemClock.now(),
    opened,
    vault,
    feed: opened.feed,
    ofProcess: createListeners(),
    scheduler: null,
    webhooks: () => ({ state: "off", reason: "No webhook is enabled.", base: "http://127.0.0.1:3200", unknown: null }),
    backups: async () => folder,
    restores: {
      work: () => null,
      state: async () => ({ work: null, kept: [], hold: null }),
      unreadable: async () => [],
    },
    clock: systemClock,
    makeLink: () => null,
    requestStop: () => undefined,
  });
}

async function status() {
  return call((await procedures()).status, undefined, { context });
}

describe("the status of an owner", () => {
  test("is free of problems while all is well", async () => {
    expect(await status()).toMatchObject({
      database: { mode: "postgres", state: "ready", schema: expect.any(Number), pending: 0 },
      problems: [],
    });
  });

  test("says that another instance works on the database, while it does, and the other one says the same", async () => {
    const other = { ...home.paths, root: "/elsewhere/instances/default" };
    const [here, there] = [home.paths, other].map((paths) => ({ id: randomUUID(), kind: "serve" as const, paths }));
    if (!here || !there) throw new Error("there are two");
    for (const { paths, ...owner } of [here, there]) {
      await registerOwner(server.orm, owner, paths, systemClock.now());
    }
    const { problems } = await status();
    expect(problems).toEqual([
      {
        area: "database",
        code: "owner_elsewhere",
        message: expect.stringContaining(`(${other.root}). No slot and no run is doubled.`),
        next: "Where that is not meant, point one of them at another database and restart it.",
      },
    ]);
    expect(await ownersElsewhere(server.orm, other, systemClock.now())).toEqual([
      expect.stringContaining(`(${home.paths.root})`),
    ]);
    const later = new Date(systemClock.now().getTime() + OWNER_LEASE_MS + 1_000);
    expect(await ownersElsewhere(server.orm, home.paths, later)).toEqual([]);
    await removeOwner(server.orm, there.id);
    expect((await status()).problems).toEqual([]);
  });

  test("says how backups by interval fare, and what helps where they fail", async () => {
    const at = "2026-03-08T07:00:00.000Z";
    folder = {
      ...folder,
      backups: [],
      automatic: {
        state: "failing",
        nextAt: at,
        unchangedAt: null,
        failure: { at, doing: "taking", code: "disk_full", message: "The disk is full.", next: "Free some space." },
        full: { ...full, state: "failing", failure: { at, code: "vault_locked", message: "No key.", next: null } },
      },
    };
    const { backups, problems } = await status();
    expect(backups).toMatchObject({ state: "failing", newestAt: null, nextAt: at, count: 0 });
    expect(backups.full).toMatchObject({ state: "failing", newestAt: null });
    expect(problems).toEqual([
      {
        area: "backups",
        code: "vault_locked",
        message: "The last full backup by interval failed: No key.",
        next: null,
      },
      {
        area: "backups",
        code: "disk_full",
        message: "The last backup by interval failed: The disk is full.",
        next: "Free some space.",
      },
    ]);
    folder = { ...folder, automatic: { state: "on", nextAt: null, unchangedAt: null, failure: null, full } };
  });

  test("takes no backup and no proof that a clock dated ahead for the newest one", async () => {
    const ahead = new Date(Date.now() + 70 * 365 * 86_400_000).toISOString();
    const taken = (takenAt: string, provenAt: string | null) =>
      ({
        state: "sealed",
        kind: "full",
        path: takenAt,
        takenAt,
        bytes: 1,
        openedBy: "recovery",
        reason: "scheduled",
        provenAt,
        provenDifferences: null,
      }) as const;
    const at = "2026-03-08T07:00:00.000Z";
    folder = { ...folder, backups: [taken(ahead, ahead), taken(at, at)] };
    expect((await status()).backups).toMatchObject({ newestAt: at, provenAt: at, count: 2, full: { newestAt: at } });
    folder = { ...folder, backups: [] };
  });

  test("says why the operator's server does not answer, and what helps there", async () => {
    main.loseServer();
    const { database, problems } = await status();
    expect(database).toMatchObject({ state: "failed", schema: null });
    expect(problems).toEqual([
      expect.objectContaining({
        area: "database",
        code: "database_unavailable",
        message: expect.stringContaining("server login has been failing"),
        next: expect.stringContaining("DATABASE_URL"),
      }),
    ]);
  });

  test("is told although only the connection for migrations and changes is away", async () => {
    session.loseServer();
    await eventually(() => opened.state() === "failed");
    const { database, problems } = await status();
    expect(database.schema).toBeNull();
    expect(problems).toEqual([expect.objectContaining({ area: "database", code: "database_unavailable" })]);
  });

  test("is announced when the database goes, which then cannot do so itself", async () => {
    const stopping = new AbortController();
    const changes = await call((await procedures()).changes, undefined, { context, signal: stopping.signal });
    const next = changes.next();
    session.loseServer();
    expect(await next).toMatchObject({ value: { topic: "status" } });
    stopping.abort();
  });

  test("is announced by who first finds the vault otherwise than before", async () => {
    const stopping = new AbortController();
    const { status: ask, changes: listen } = await procedures();
    const changes = await call(listen, undefined, { context, signal: stopping.signal });
    const next = changes.next();
    expect(await call(ask, undefined, { context })).toMatchObject({ vault: { state: "uninitialized" } });
    await makePrivateDirectory(home.paths.secrets);
    await writeFile(home.paths.masterKey, "not a key", { mode: 0o600 });
    expect(await call(ask, undefined, { context })).toMatchObject({ vault: { state: "locked" } });
    expect(await next).toMatchObject({ value: { topic: "status" } });
    stopping.abort();
  });
});
