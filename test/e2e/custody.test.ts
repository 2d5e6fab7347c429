import { readFile, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { keychainAccounts } from "../../main/secrets/keychain-key-place.ts";
import { type Needle, sweep } from "../fixtures/canary.ts";
import { testInstance, type Answer, type TestInstance } from "../fixtures/instance.ts";
import { type TestKeyring, noKeyring, testKeyring } from "../fixtures/keyring.ts";

const why = noKeyring === null ? "" : ` (left out: ${noKeyring})`;

interface Health {
  state: string;
  keyId: string | null;
  expectedKeyId: string;
  custody: string;
  findings: { message: string; next: string | null }[];
}

describe.skipIf(noKeyring !== null)(`the master key in the keychain of the system${why}`, () => {
  let keyring: TestKeyring;
  let instance: TestInstance;
  /** With a company and a secret of two versions; stopped. */
  let origin: TestInstance;
  beforeAll(async () => {
    keyring = await testKeyring();
    origin = await testInstance();
    const owner = await origin.serve();
    await origin.json(["companies", "create", "--name", "Acme", "--prefix", "ACM"]);
    await origin.json(["secrets", "create", "--key", "token", "--value-stdin"], { input: "some-value" });
    await origin.json(["secrets", "rotate", "token", "--value-stdin"], { input: "newer-value" });
    await origin.run(["stop"]);
    await owner.ended;
  });
  afterAll(async () => {
    await origin.remove();
    await keyring.close();
  });
  beforeEach(async () => {
    await keyring.unlock();
    instance = await testInstance("home", origin);
  });
  afterEach(() => instance.remove());

  /** With the session's D-Bus, and without one where it is told so. */
  const session = (bus = true) =>
    bus ? { DBUS_SESSION_BUS_ADDRESS: keyring.env["DBUS_SESSION_BUS_ADDRESS"] ?? "" } : {};
  const json = <T>(args: readonly string[], input = "", bus = true) =>
    instance.json<T>(args, { input, env: session(bus) });
  const call = <T>(procedure: string, input: object = {}, bus = true) =>
    json<T>(["call", procedure, "--input", JSON.stringify(input)], "", bus);
  const health = (bus = true) => json<Health>(["secrets", "health"], "", bus);
  const custody = (to: string, bus = true) =>
    json<{ moved: boolean; keyId: string }>(["secrets", "key", "custody", to], "", bus);
  async function refused(args: readonly string[], bus = true, input = "") {
    const answer: Answer = await instance.run([...args, "--json"], { input, env: session(bus) });
    expect({ code: answer.code, stdout: answer.stdout }).toEqual({ code: 1, stdout: "" });
    return (JSON.parse(answer.stderr) as { error: { code: string; message: string; next: string } }).error;
  }
  const keyFile = () => path.join(instance.root, "secrets", "master.key");
  const inSecrets = async () =>
    (await readdir(path.join(instance.root, "secrets"))).filter(
      (name) => name.includes("key") || name.includes("custody"),
    );
  let latestVersion: number;
  beforeEach(() => {
    latestVersion = 2;
  });
  /** The value before the newest is decrypted for it. */
  const decrypts = async (bus = true) => {
    const rolledBack = { company: "ACM", secret: "token", version: latestVersion - 1 };
    latestVersion += 1;
    expect(await call("secrets.rollback", rolledBack, bus)).toMatchObject({ latestVersion });
  };

  test("moves there and back under a running owner, survives restarts, and stands in no file meanwhile", async () => {
    const text = (await readFile(keyFile(), "utf8")).trim();
    const bytes = Buffer.from(text, "base64");
    const needles: Needle[] = [
      { label: "raw", bytes },
      { label: "base64", bytes: Buffer.from(text.replace(/=+$/, "")) },
      { label: "hex", bytes: Buffer.from(bytes.toString("hex")) },
    ];
    const { keyId } = await health();
    const owner = await instance.serve({ env: session() });
    expect(await custody("keychain")).toEqual({ custody: "keychain", moved: true, keyId, notes: [] });
    expect(await custody("keychain")).toMatchObject({ moved: false });
    expect(await health()).toMatchObject({ state: "ready", keyId, custody: "keychain" });
    expect(await json(["configure", "--section", "secrets"])).toMatchObject({
      values: { custody: "keychain" },
      restartNeeded: false,
    });
    expect(await inSecrets()).toEqual([]);
    await decrypts();
    await instance.run(["stop"]);
    await owner.ended;

    const again = await instance.serve({ env: session() });
    await decrypts();
    const rotated = await call<{ keyId: string; retiredKeyId: string }>("keys.rotate");
    expect(rotated).toMatchObject({ retiredKeyId: keyId, left: 0 });
    await decrypts();
    expect(await sweep(path.dirname(instance.home), needles, [])).toEqual([]);
    expect(JSON.stringify(await json(["activity", "list"]))).toContain('"action":"key.moved"');
    expect(await custody("file")).toMatchObject({ custody: "file", moved: true });
    expect(await inSecrets()).toEqual(["master.key"]);
    await instance.run(["stop"]);
    await again.ended;
    await decrypts(false);
  });

  test("without a D-Bus: the key stays in its file, or the vault is locked until there is one", async () => {
    const before = await readFile(keyFile(), "utf8");
    expect(await refused(["secrets", "key", "custody", "keychain"], false)).toMatchObject({
      code: "keychain_unavailable",
      message: expect.stringContaining("no D-Bus"),
    });
    expect(await readFile(keyFile(), "utf8")).toBe(before);
    const { keyId } = await custody("keychain");

    const owner = await instance.serve({ env: session(false) });
    const locked = await health(false);
    expect(locked).toMatchObject({ state: "locked", keyId: null, expectedKeyId: keyId, custody: "keychain" });
    expect(JSON.stringify(locked.findings)).toContain("no D-Bus");
    expect(
      await refused(["secrets", "rotate", "token", "--company", "ACM", "--value-stdin"], false, "other-value"),
    ).toMatchObject({
      code: "vault_locked",
      message: expect.stringContaining(keyId),
    });
    expect(await refused(["secrets", "key", "custody", "file"], false)).toMatchObject({ code: "vault_locked" });
    await json(["companies", "create", "--name", "Other", "--prefix", "OTH"], "", false);
    expect(await inSecrets()).toEqual([]);
    await instance.run(["stop"]);
    await owner.ended;
    await decrypts();

    // The same key in the file is as good: the custody follows it.
    await writeFile(keyFile(), before, { mode: 0o600 });
    expect(await custody("file", false)).toMatchObject({ custody: "file", moved: false, keyId });
    await decrypts(false);
  });

  test("in a locked keyring leaves the vault locked, and a look after unlocking opens it", async () => {
    await custody("keychain");
    await keyring.lock();
    const owner = await instance.serve({ env: session() });
    expect(JSON.stringify(await health())).toContain("is locked");
    expect(await json(["status"])).toMatchObject({ vault: { state: "locked", custody: "keychain" } });
    expect(await refused(["secrets", "key", "custody", "file"])).toMatchObject({ code: "vault_locked" });
    await keyring.unlock();
    expect(await health()).toMatchObject({ state: "ready" });
    await decrypts();
    // An open vault stays open, and says what is coming.
    await keyring.lock();
    expect(await health()).toMatchObject({ state: "ready", level: "error" });
    expect(await refused(["call", "keys.rotate"])).toMatchObject({ code: "key_fixed" });
    await decrypts();
    await instance.run(["stop"]);
    await owner.ended;
  });

  test("in a keyring that does not answer does not hold a start up, and is taken up when it does", async () => {
    const { keyId } = await custody("keychain");
    keyring.freeze(true);
    const owner = await instance.serve({ env: session() });
    const status = await json<{ vault: object; problems: { message: string; next: string }[] }>(["status"]);
    expect(status.vault).toMatchObject({ state: "locked", keyId: null });
    expect(JSON.stringify(status.problems)).toContain("did not answer in time");
    keyring.freeze(false);
    await expect
      .poll(async () => (await json<{ vault: object }>(["status"])).vault, { timeout: 60_000 })
      .toMatchObject({ state: "ready", keyId });
    await instance.run(["stop"]);
    await owner.ended;
  });

  test("is not replaced where its entry is gone, and not by a setting", async () => {
    expect(await refused(["configure", "--section", "secrets", "--set", "custody=keychain"])).toMatchObject({
      code: "config_invalid",
      next: expect.stringContaining("secrets key custody keychain"),
    });
    const config = path.join(instance.root, "config.json");
    await writeFile(config, JSON.stringify({ secrets: { custody: "keychain" } }));
    const owner = await instance.serve({ env: session() });
    const locked = await health();
    expect(locked).toMatchObject({ state: "locked", custody: "keychain" });
    expect(JSON.stringify(locked.findings)).toContain(keychainAccounts(instance.root).inUse.slice(0, 10));
    expect(
      await refused(["secrets", "rotate", "token", "--company", "ACM", "--value-stdin"], true, "other-value"),
    ).toMatchObject({
      code: "vault_locked",
    });
    expect(await custody("file")).toMatchObject({ moved: false });
    await decrypts();
    await instance.run(["stop"]);
    await owner.ended;
    await rm(config);
  });
});
