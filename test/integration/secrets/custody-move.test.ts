import { mkdir, mkdtemp, readFile, readdir, realpath, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { asRefusal } from "../../../main/contract/refusal.ts";
import { type MoveServices, moveKey, settleMove } from "../../../main/secrets/custody-move.ts";
import type { Custody } from "../../../main/secrets/custody-place.ts";
import { fileKeyPlace } from "../../../main/secrets/file-key-place.ts";
import { keychainAccounts, keychainKeyPlace } from "../../../main/secrets/keychain-key-place.ts";
import { type Keychain, systemKeychain } from "../../../main/secrets/keychain.ts";
import { type KeychainEntry, keychainEntry } from "../../fixtures/keychain-entry.ts";
import { noKeyring, testKeyring, type TestKeyring } from "../../fixtures/keyring.ts";
import { bundledWorkers, type Workers } from "../../fixtures/workers/worker.ts";

const why = noKeyring === null ? "" : ` (left out: ${noKeyring})`;
const NOW = new Date("2026-05-04T03:02:01Z");

describe.skipIf(noKeyring !== null)(`a master key that moves between file and keychain${why}`, () => {
  let keyring: TestKeyring;
  let entry: KeychainEntry;
  let workers: Workers;
  let keychain: Keychain;
  let root: string;
  beforeAll(async () => {
    [keyring, entry, workers] = await Promise.all([testKeyring(), keychainEntry(), bundledWorkers("move-key")]);
    // Patient, because a busy machine may take long for what is not slow.
    keychain = systemKeychain({ entry: entry.path, processEnv: keyring.env, patienceMs: 60_000 });
  });
  afterAll(() => Promise.all([keyring.close(), entry.remove(), workers.remove()]));
  beforeEach(async () => {
    await keyring.unlock();
    root = await realpath(await mkdtemp(path.join(os.tmpdir(), "pcd-custody-")));
    await writeFile(path.join(root, "custody"), "file");
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  const secretsDirectory = () => path.join(root, "secrets");
  function services(operatorsFile?: string): MoveServices {
    const keyFile = operatorsFile ?? path.join(secretsDirectory(), "master.key");
    return {
      places: {
        file: fileKeyPlace({ secretsDirectory: secretsDirectory(), keyFile, keyFileIsDefault: !operatorsFile }),
        keychain: keychainKeyPlace({ keychain, root, keyFile }),
      },
      intentFile: path.join(secretsDirectory(), "custody-move.json"),
      save: (custody) => writeFile(path.join(root, "custody"), custody),
    };
  }
  const saved = async () => (await readFile(path.join(root, "custody"), "utf8")) as Custody;
  const idsIn = async ({ places }: MoveServices) => ({
    file: (await places.file.read()).key?.id ?? null,
    keychain: (await places.keychain.read()).key?.id ?? null,
  });
  const files = async () => (await readdir(secretsDirectory())).toSorted();
  const refusalOf = async (work: Promise<unknown>) =>
    asRefusal(
      await work.then(
        () => null,
        (error: unknown) => error,
      ),
    );

  test("goes there and back, and is in one place each time", async () => {
    const move = services();
    const { id } = await move.places.file.create();
    expect(await moveKey(move, "keychain", NOW)).toEqual({ keyId: id, aside: null, remains: null });
    expect([await idsIn(move), await saved(), await files()]).toEqual([{ file: null, keychain: id }, "keychain", []]);
    expect(await moveKey(move, "file", NOW)).toEqual({ keyId: id, aside: null, remains: null });
    expect([await idsIn(move), await saved(), await files()]).toEqual([
      { file: id, keychain: null },
      "file",
      ["master.key"],
    ]);
  });

  test("leaves a file at a path of the operator's choice, and says so", async () => {
    const mounted = path.join(root, "mounted.key");
    const move = services(mounted);
    const { id } = await move.places.file.create();
    const text = await readFile(mounted, "utf8");
    expect(await moveKey(move, "keychain", NOW)).toMatchObject({ remains: expect.stringContaining("of your choice") });
    expect([await readFile(mounted, "utf8"), await idsIn(move)]).toEqual([text, { file: id, keychain: id }]);
    const { findings } = await move.places.keychain.read();
    expect(findings).toMatchObject([{ level: "warn", message: expect.stringContaining(mounted) }]);
    expect(await moveKey(move, "file", NOW)).toMatchObject({ remains: null });
    expect([await readFile(mounted, "utf8"), await idsIn(move)]).toEqual([text, { file: id, keychain: null }]);
  });

  test("never shares an entry with another instance, and puts aside what stood in its place", async () => {
    const move = services();
    const { id } = await move.places.file.create();
    const account = keychainAccounts(root).inUse;
    await keychain.write(`${account}x`, "of another instance");
    await keychain.write(account, "left by somebody");
    const { aside } = await moveKey(move, "keychain", NOW);
    expect(aside).toContain("2026-05-04T03:02:01.000Z");
    expect(await idsIn(move)).toEqual({ file: null, keychain: id });
    expect(await keychain.read([`${account}x`, `${account}, replaced ${NOW.toISOString()}`])).toEqual({
      ok: true,
      value: ["of another instance", "left by somebody"],
    });
  });

  test("stays where it is when the keychain cannot be reached", async () => {
    const move = services();
    const { id } = await move.places.file.create();
    await keyring.lock();
    expect(await refusalOf(moveKey(move, "keychain", NOW))).toMatchObject({
      code: "keychain_unavailable",
      data: { details: { reason: "locked" } },
    });
    await keyring.end();
    expect(await refusalOf(moveKey(move, "keychain", NOW))).toMatchObject({
      data: { details: { reason: "no_service" } },
    });
    expect([await idsIn(move), await saved(), await files()]).toEqual([
      { file: id, keychain: null },
      "file",
      ["master.key"],
    ]);
  });

  test("stays where it is when the settings cannot be written", async () => {
    const move = { ...services(), save: () => Promise.reject(new Error("the disk is full")) };
    const { id } = await move.places.file.create();
    await expect(moveKey(move, "keychain", NOW)).rejects.toThrow("the disk is full");
    expect([await idsIn(move), await files()]).toEqual([{ file: id, keychain: null }, ["master.key"]]);
  });

  test("waits for the keychain to bring a move to an end that was cut off", async () => {
    const move = services();
    const { id } = await move.places.file.create();
    await keychain.write(
      keychainAccounts(root).inUse,
      await readFile(path.join(secretsDirectory(), "master.key"), "utf8"),
    );
    const intent = { from: "file", to: "keychain", keyId: id, stoodThere: false };
    await writeFile(move.intentFile, JSON.stringify(intent));
    await keyring.lock();
    for (const custody of ["file", "keychain"] as const) {
      const settled = await settleMove(move, custody);
      expect(settled).toMatchObject({ custody, finding: { level: "warn" } });
      expect((await move.places.file.read()).key?.id).toBe(id);
    }
    await keyring.unlock();
    expect(await settleMove(move, "file")).toEqual({ custody: "file", finding: null });
    expect([await idsIn(move), await files()]).toEqual([{ file: id, keychain: null }, ["master.key"]]);
  });

  test.each(["nonsense", '{"from":"file"}'])("concludes nothing from a note that says %s", async (text) => {
    const move = services();
    const { id } = await move.places.file.create();
    await writeFile(move.intentFile, text);
    expect(await settleMove(move, "file")).toMatchObject({ custody: "file", finding: { level: "warn" } });
    expect(await idsIn(move)).toEqual({ file: id, keychain: null });
  });

  describe.each(["keychain", "file"] as const)("to the %s, killed at any step", (to) => {
    const from = to === "file" ? "keychain" : "file";
    const start = (...args: string[]) => workers.start([root, entry.path, ...args], keyring.env);

    test("is in exactly one place after the next start, which is the one that the settings name", async () => {
      const move = services();
      let survived: number | null = null;
      for (let step = 1; survived === null; step += 1) {
        await mkdir(secretsDirectory(), { recursive: true, mode: 0o700 });
        const { id } = await move.places[from].create();
        await writeFile(path.join(root, "custody"), from);
        const worker = start(to, String(step));
        survived = await worker.message<number>().catch(() => null);
        const before = await idsIn(move);
        expect(Object.values(before), `step ${step}`).toContain(id);
        expect(before[await saved()], `step ${step}`).toBe(id);

        const settled = await start(await saved(), "settle").message<{ custody: Custody }>();
        expect(settled).toEqual({ custody: await saved(), finding: null });
        const expected = { file: null, keychain: null, [settled.custody]: id };
        expect(await idsIn(move), `step ${step}`).toEqual(expected);
        expect(await files(), `step ${step}`).toEqual(settled.custody === "file" ? ["master.key"] : []);
        if (settled.custody !== from) await move.places[settled.custody].remove();
      }
      // Before and after the key is written, the settings are saved and the key is removed.
      expect(survived).toBe(6);
    });
  });
});
