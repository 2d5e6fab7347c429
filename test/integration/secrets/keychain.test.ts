import os from "node:os";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemKeychain } from "../../../main/secrets/keychain.ts";
import { type KeychainEntry, keychainEntry } from "../../fixtures/keychain-entry.ts";
import { processesOf } from "../../fixtures/instance.ts";
import { noKeyring, testKeyring, type TestKeyring } from "../../fixtures/keyring.ts";

const why = noKeyring === null ? "" : ` (left out: ${noKeyring})`;

describe.skipIf(noKeyring !== null)(`the keychain of the system, a real Secret Service${why}`, () => {
  let keyring: TestKeyring;
  let entry: KeychainEntry;
  beforeAll(async () => {
    [keyring, entry] = await Promise.all([testKeyring(), keychainEntry()]);
  });
  afterAll(() => Promise.all([keyring.close(), entry.remove()]));
  const keychain = (choice: { env?: NodeJS.ProcessEnv; deadlineMs?: number; patienceMs?: number } = {}) =>
    // Patient, because a busy machine may take long for what is not slow.
    systemKeychain({ entry: entry.path, processEnv: choice.env ?? keyring.env, patienceMs: 60_000, ...choice });

  test("without a D-Bus says so", async () => {
    const { DBUS_SESSION_BUS_ADDRESS: _, ...env } = keyring.env;
    const nobus = { ...env, XDG_RUNTIME_DIR: "/nonexistent" };
    expect(await keychain({ env: nobus }).read(["a"])).toMatchObject({ ok: false, failure: { reason: "no_bus" } });
    const stale = { ...env, DBUS_SESSION_BUS_ADDRESS: "unix:path=/nonexistent/bus" };
    expect(await keychain({ env: stale }).write("a", "x")).toMatchObject({ ok: false, failure: { reason: "no_bus" } });
  });

  test("without a Secret Service says so", async () => {
    await keyring.end();
    expect(await keychain().read(["a"])).toMatchObject({ ok: false, failure: { reason: "no_service" } });
  });

  test("with a keyring that was never made says so, and never that there is no entry", async () => {
    await keyring.lock();
    for (const answer of [
      await keychain().read(["a"]),
      await keychain().write("a", "x"),
      await keychain().remove("a"),
    ]) {
      expect(answer).toMatchObject({ ok: false, failure: { reason: "no_keyring" } });
    }
  });

  test("keeps texts by account, to the byte, and gives them up", async () => {
    await keyring.unlock();
    const account = "master key of /home/ž/naïve 日本";
    expect(await keychain().read([account, "other"])).toEqual({ ok: true, value: [null, null] });
    expect(await keychain().write(account, "první 🔑")).toEqual({ ok: true, value: null });
    expect(await keychain().write("other", "two")).toEqual({ ok: true, value: null });
    expect(await keychain().write(account, "druhý 🔑")).toEqual({ ok: true, value: null });
    expect(await keychain().read(["other", account, "third"])).toEqual({ ok: true, value: ["two", "druhý 🔑", null] });
    expect(await keychain().remove(account)).toEqual({ ok: true, value: null });
    expect(await keychain().remove(account)).toEqual({ ok: true, value: null });
    expect(await keychain().read([account, "other"])).toEqual({ ok: true, value: [null, "two"] });
  });

  test("that is locked says so, and never that there is no entry", async () => {
    await keyring.unlock();
    await keychain().write("kept", "text");
    await keyring.lock();
    for (const answer of [
      await keychain().read(["kept"]),
      await keychain().write("kept", "other"),
      await keychain().remove("kept"),
    ]) {
      expect(answer).toMatchObject({ ok: false, failure: { reason: "locked" } });
    }
    await keyring.unlock();
    expect(await keychain().read(["kept"])).toEqual({ ok: true, value: ["text"] });
  });

  test("that does not answer is given up at the deadline, and leaves no process", async () => {
    await keyring.unlock();
    keyring.freeze(true);
    const late = { ok: false, failure: { reason: "timed_out" } };
    expect(await keychain({ deadlineMs: 300 }).read(["kept"])).toMatchObject(late);
    const asked = keychain();
    const answer = asked.read(["kept"]);
    await asked.close();
    expect(await answer).toMatchObject({ ok: false });
    keyring.freeze(false);
    await expect.poll(() => processesOf(entry.path)).toEqual([]);
  });

  test("that answers late is waited for in one process, and its answer is told", async () => {
    await keyring.unlock();
    await keychain().write("kept", "text");
    keyring.freeze(true);
    const slow = keychain({ patienceMs: 200 });
    const told = new Promise<void>((resolve) => slow.late.subscribe(resolve));
    const late = { ok: false, failure: { reason: "timed_out" } };
    expect(await Promise.all([slow.read(["kept"]), slow.read(["kept"])])).toMatchObject([late, late]);
    expect(await slow.read(["kept"])).toMatchObject(late);
    // The one that wrote may still be on its way out.
    await expect.poll(() => processesOf(entry.path)).toHaveLength(1);
    keyring.freeze(false);
    await told;
    expect(await keychain().read(["kept"])).toEqual({ ok: true, value: ["text"] });
  });
});

test("a keychain whose library is missing names the package", async () => {
  // Where the entry finds no dependencies.
  const entry = await keychainEntry(os.tmpdir());
  const answer = await systemKeychain({ entry: entry.path, processEnv: {} }).read(["a"]);
  await entry.remove();
  expect(answer).toMatchObject({ ok: false, failure: { reason: "unloaded" } });
});
