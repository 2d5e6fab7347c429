import { readdir, readFile, realpath } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openControlPlane } from "../../../../main/control-plane.ts";
import type { ControlPlane } from "../../../../main/control-plane-port.ts";
import type { InstancePaths } from "../../../../main/instance/paths.ts";
import { keychainAccounts } from "../../../../main/secrets/keychain-key-place.ts";
import { systemKeychain } from "../../../../main/secrets/keychain.ts";
import { testHome, type TestHome } from "../../../fixtures/home.ts";
import { keychainEntry, type KeychainEntry } from "../../../fixtures/keychain-entry.ts";
import { noKeyring, testKeyring, type TestKeyring } from "../../../fixtures/keyring.ts";

const why = noKeyring === null ? "" : ` (left out: ${noKeyring})`;
const PASSPHRASE = "correct horse battery staple";

describe.skipIf(noKeyring !== null)(`a restore where the key is in the keychain of the system${why}`, () => {
  let keyring: TestKeyring;
  let home: TestHome;
  let planes: Set<ControlPlane>;
  let entry: KeychainEntry;
  let otherHome: TestHome;
  let elsewhere: Awaited<ReturnType<typeof backupsOf>>;
  beforeAll(async () => {
    [keyring, entry, home, planes] = [await testKeyring(), await keychainEntry(), await testHome(), new Set()];
    otherHome = home;
    elsewhere = await backupsOf(otherHome);
  });
  afterAll(() => Promise.all([keyring.close(), entry.remove(), otherHome.remove()]));
  beforeEach(async () => {
    await keyring.unlock();
    [home, planes] = [await testHome(), new Set()];
  });
  afterEach(async () => {
    for (const plane of planes) await plane.close();
    await home.remove();
  });

  async function open(paths: InstancePaths): Promise<ControlPlane> {
    const bus = { DBUS_SESSION_BUS_ADDRESS: keyring.env["DBUS_SESSION_BUS_ADDRESS"] ?? "" };
    const plane = await openControlPlane({
      paths,
      kind: "serve",
      processEnv: { PATH: process.env["PATH"], HOME: home.base, ...bus },
      version: "1.2.3",
      onOwned: async () => async () => undefined,
    });
    planes.add(plane);
    return plane;
  }

  /** Backups of another machine: of everything, with its key, and of its database alone, with the code that opens that. */
  async function backupsOf({ paths }: TestHome) {
    const other = await open(paths);
    await other.client.companies.create({ name: "Acme" });
    await other.client.secrets.create({ key: "theirs", value: "value-of-theirs" });
    const { code } = await other.client.keys.createRecovery();
    const full = await other.client.backups.takeFull({ passphrase: PASSPHRASE });
    const database = await other.client.backups.take({});
    planes.delete(other);
    await other.close();
    return { full: full.path, database: database.path, code };
  }

  const keys = async ({ client }: ControlPlane) => (await client.secrets.list({})).secrets.map(({ key }) => key);
  const keyFiles = async () =>
    (await readdir(home.paths.secrets)).filter((name) => name.startsWith("master.key")).toSorted();

  test("puts the key of a full backup in its file, and its undo finds the one in the keychain again", async () => {
    const { full, database, code } = elsewhere;
    const plane = await open(home.paths);
    const { client } = plane;
    await client.companies.create({ name: "Beta" });
    await client.secrets.create({ key: "ours", value: "value-of-ours" });
    const { keyId } = await client.keys.setCustody({ custody: "keychain" });
    expect(await client.restore.start({ file: full, passphrase: PASSPHRASE })).toMatchObject({ opens: true });
    expect(await client.secrets.health()).toMatchObject({ state: "ready", custody: "file" });
    expect(await keys(plane)).toEqual(["theirs"]);

    expect(await client.restore.undo({})).toMatchObject({ opens: true });
    expect(await client.secrets.health()).toMatchObject({ state: "ready", custody: "keychain", keyId });
    expect(await keys(plane)).toEqual(["ours"]);
    // The key of the other machine went with what it opens.
    expect(await keyFiles()).toEqual([]);

    // Where recovery has kept another key in the file since, the key is looked for again where it was kept.
    await client.restore.start({ file: database });
    await keyring.lock();
    await client.keys.openWithRecovery({ code });
    expect(await client.secrets.health()).toMatchObject({ state: "ready", custody: "file" });
    await keyring.unlock();
    await client.settings.update({ section: "general", values: { concurrency: 3 } });
    expect(await client.restore.undo({})).toMatchObject({ opens: true });
    expect(await client.secrets.health()).toMatchObject({ state: "ready", custody: "keychain", keyId });
    expect([await keys(plane), await keyFiles()]).toEqual([["ours"], []]);
    expect(await readFile(home.paths.config, "utf8")).toContain('"concurrency": 3');
  });

  test("puts the key back that recovery has replaced since, and both ways again, also where the keychain was away", async () => {
    const { database, code } = elsewhere;
    const plane = await open(home.paths);
    const { client } = plane;
    await client.companies.create({ name: "Beta" });
    await client.secrets.create({ key: "ours", value: "value-of-ours" });
    const own = await client.backups.take({});
    const { keyId } = await client.keys.setCustody({ custody: "keychain" });
    expect(await client.restore.start({ file: database })).toMatchObject({ opens: false });
    await client.keys.openWithRecovery({ code });
    const theirs = await client.secrets.health();
    expect(theirs).toMatchObject({ state: "ready", custody: "keychain" });

    expect(await client.restore.preview({ file: own.path })).toMatchObject({ keys: { state: "aside" } });

    // Where the keychain does not answer the database is back all the same, and opens as soon as it does.
    await keyring.lock();
    expect(await client.restore.undo({})).toMatchObject({ opens: false });
    expect(await client.secrets.health()).toMatchObject({ state: "locked", expectedKeyId: keyId });
    await keyring.unlock();
    expect(await client.secrets.health()).toMatchObject({ state: "ready", custody: "keychain", keyId });
    expect(await keys(plane)).toEqual(["ours"]);
    expect(await client.restore.undo({})).toMatchObject({ opens: true });
    expect(await client.secrets.health()).toMatchObject({ state: "ready", custody: "keychain", keyId: theirs.keyId });
    expect(await keys(plane)).toEqual(["theirs"]);
    // Each key is there once, however often they changed places.
    const keychain = systemKeychain({ entry: entry.path, processEnv: keyring.env });
    const accounts = await keychain.list(keychainAccounts(await realpath(home.paths.root)).inUse);
    expect(accounts).toMatchObject({ ok: true, value: { length: 2 } });
  });
});
