import { randomBytes } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "../../../main/instance/clock.ts";
import { OPERATOR } from "../../../main/record/activity.ts";
import { custodyPlace } from "../../../main/secrets/custody-place.ts";
import { fileKeyPlace } from "../../../main/secrets/file-key-place.ts";
import { lookAtSources } from "../../../main/secrets/key-sources.ts";
import { keychainKeyPlace } from "../../../main/secrets/keychain-key-place.ts";
import { systemKeychain } from "../../../main/secrets/keychain.ts";
import { createRecovery, testRecovery } from "../../../main/secrets/recovery.ts";
import { createSecret } from "../../../main/secrets/store.ts";
import { type KeychainEntry, keychainEntry } from "../../fixtures/keychain-entry.ts";
import { type SecretsSetup, insertCompany, secretsSetup } from "./setup.ts";

let entry: KeychainEntry;
let setup: SecretsSetup;
beforeAll(async () => {
  entry = await keychainEntry();
});
afterAll(() => entry.remove());
beforeEach(async () => {
  setup = await secretsSetup();
});
afterEach(() => setup.close());

/** The sources of an instance that keeps its key in a file, in a session without a keychain. */
async function sources(environmentKey?: string) {
  const { keyFile, root, secretsDirectory, database } = setup;
  const keychain = systemKeychain({ entry: entry.path, processEnv: { XDG_RUNTIME_DIR: "/nonexistent" } });
  const places = {
    file: fileKeyPlace({ secretsDirectory, keyFile, keyFileIsDefault: true }),
    keychain: keychainKeyPlace({ keychain, root, keyFile }),
  };
  const place = custodyPlace(places, "file");
  const vault = await setup.open(environmentKey === undefined ? {} : { environmentKey });
  const told = await lookAtSources({ vault, custody: { places, place }, environmentKey });
  const states = Object.fromEntries(told.map(({ source, state }) => [source, state]));
  const of = (name: string) => told.find(({ source }) => source === name);
  return { told, states, of, vault, recovery: { database, vault, place, clock: systemClock, actor: OPERATOR } };
}

async function withKey(): Promise<string> {
  const companyId = await insertCompany(setup.database);
  await createSecret(setup.store(await setup.open()), { companyId, key: "a", value: "value of a" });
  return (await readFile(setup.keyFile, "utf8")).trim();
}

describe("the sources of a master key", () => {
  test("are none before the first secret, and making it is not a look's work", async () => {
    const { states, told } = await sources();
    expect(states).toEqual({ environment: "absent", file: "absent", keychain: expect.any(String), recovery: "absent" });
    expect(told.every(({ worth }) => worth.length > 0)).toBe(true);
    expect(await setup.files()).toEqual([]);
  });

  test("say what is in use, and why a keychain cannot be", async () => {
    await withKey();
    const { states, of } = await sources();
    expect(states).toMatchObject({ environment: "absent", file: "in_use", recovery: "absent" });
    expect(of("keychain")).toMatchObject({ state: "unusable", next: expect.any(String) });
    expect(of("file")?.worth).toContain(setup.keyFile);
    await rm(setup.keyFile);
    expect((await sources()).of("file")).toMatchObject({
      state: "absent",
      next: expect.stringContaining("Put the key"),
    });
  });

  test("tell a file that holds the key of the environment from one that holds another", async () => {
    const text = await withKey();
    expect((await sources(text)).states).toMatchObject({ environment: "in_use", file: "spare" });
    const other = await sources(randomBytes(32).toString("hex"));
    expect(other.vault.state()).toBe("locked");
    expect(other.states).toMatchObject({ environment: "other", file: "spare" });
    expect(other.of("environment")?.next).toContain("unset it");
    const wrong = await sources("f".repeat(63));
    expect(wrong.of("environment")).toMatchObject({
      state: "unusable",
      message: expect.stringContaining("63 characters"),
    });
    expect(JSON.stringify([other.told, wrong.told])).not.toContain(text);
  });

  test("say of a recovery code whether it was tested", async () => {
    await withKey();
    const { recovery } = await sources();
    const { code } = await createRecovery(recovery);
    expect((await sources()).of("recovery")).toMatchObject({
      state: "made",
      next: expect.stringContaining("recovery test"),
    });
    await testRecovery(recovery, code);
    const tested = (await sources()).of("recovery");
    expect(tested).toMatchObject({ state: "tested", next: null });
    expect(JSON.stringify(tested)).not.toContain(code);
  });
});
