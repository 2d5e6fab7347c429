import { readdir } from "node:fs/promises";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openControlPlane } from "../../../../main/control-plane.ts";
import type { ControlPlane } from "../../../../main/control-plane-port.ts";
import { instancePaths, type InstancePaths } from "../../../../main/instance/paths.ts";
import { testHome, type TestHome } from "../../../fixtures/home.ts";
import { noKeyring, testKeyring, type TestKeyring } from "../../../fixtures/keyring.ts";

const why = noKeyring === null ? "" : ` (left out: ${noKeyring})`;
const PASSPHRASE = "correct horse battery staple";

describe.skipIf(noKeyring !== null)(`a restore where the key is in the keychain of the system${why}`, () => {
  let keyring: TestKeyring;
  let home: TestHome;
  let planes: Set<ControlPlane>;
  beforeAll(async () => {
    keyring = await testKeyring();
  });
  afterAll(() => keyring.close());
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
  async function fromElsewhere() {
    const other = await open(instancePaths({ home: path.join(home.base, "other"), id: "test" }, {}));
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
    const { full } = await fromElsewhere();
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
  });

  test("says after an undo that the vault is locked where recovery has replaced the key since", async () => {
    const { database, code } = await fromElsewhere();
    const plane = await open(home.paths);
    const { client } = plane;
    await client.companies.create({ name: "Beta" });
    await client.secrets.create({ key: "ours", value: "value-of-ours" });
    const ours = await client.keys.createRecovery();
    const { keyId } = await client.keys.setCustody({ custody: "keychain" });
    expect(await client.restore.start({ file: database })).toMatchObject({ opens: false });
    await client.keys.openWithRecovery({ code });
    expect(await client.secrets.health()).toMatchObject({ state: "ready", custody: "keychain" });

    expect(await client.restore.undo({})).toMatchObject({ opens: false });
    expect(await client.secrets.health()).toMatchObject({ state: "locked", expectedKeyId: keyId });
    // What recovery replaced stands aside in the keychain; the code of this machine opens it as well.
    await client.keys.openWithRecovery({ code: ours.code });
    expect(await client.secrets.health()).toMatchObject({ state: "ready", keyId });
    expect(await keys(plane)).toEqual(["ours"]);
  });
});
