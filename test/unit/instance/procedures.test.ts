import { call } from "@orpc/server";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Config, readConfig, updateConfig } from "../../../main/instance/config.ts";
import { settingsProcedures } from "../../../main/instance/procedures.ts";
import { testHome, type TestHome } from "../../fixtures/home.ts";

const context = { host: "in-process", reportUnexpected: () => null } as const;
let home: TestHome;
beforeEach(async () => {
  home = await testHome();
});
afterEach(() => home.remove());

async function procedures() {
  return settingsProcedures({ paths: home.paths, running: await readConfig(home.paths) });
}

describe("the calls of the area settings", () => {
  test("show and change a section, and say when a restart is needed", async () => {
    const { get, update } = await procedures();
    expect(await call(get, { section: "secrets" }, { context })).toEqual({
      section: "secrets",
      values: { provider: "local_encrypted", strictMode: true, custody: "file", keyFilePath: null },
      restartNeeded: false,
    });
    const changed = await call(update, { section: "general", values: { concurrency: 2 } }, { context });
    expect(changed).toMatchObject({ values: { concurrency: 2 }, restartNeeded: true });
    const back = await call(update, { section: "general", values: { concurrency: null } }, { context });
    expect(back.restartNeeded).toBe(false);
  });

  test("need no restart for strict mode, which is asked for at each save, and hand on what was saved", async () => {
    const saved: boolean[] = [];
    const changed = ({ secrets }: Config) => void saved.push(secrets.strictMode);
    const { update } = settingsProcedures({ paths: home.paths, running: await readConfig(home.paths), changed });
    const off = await call(update, { section: "secrets", values: { strictMode: false } }, { context });
    expect(off).toMatchObject({ values: { strictMode: false }, restartNeeded: false });
    const moved = await call(update, { section: "secrets", values: { keyFilePath: "/k" } }, { context });
    expect(moved.restartNeeded).toBe(true);
    expect(saved).toEqual([false, false]);
  });

  test("tell of what was saved, and of nothing that was refused", async () => {
    let told = 0;
    const running = await readConfig(home.paths);
    const { update } = settingsProcedures({ paths: home.paths, running, changed: () => void (told += 1) });
    await call(update, { section: "general", values: { concurrency: 2 } }, { context });
    expect(told).toBe(1);
    const refused = call(update, { section: "general", values: { concurrency: 0 } }, { context });
    await expect(refused).rejects.toMatchObject({ code: "config_invalid" });
    expect(told).toBe(1);
  });

  test("never show a password", async () => {
    const { update } = await procedures();
    const connectionString = "postgres://u:hunter2@h/d";
    const answer = await call(update, { section: "database", values: { connectionString } }, { context });
    expect(JSON.stringify(answer)).not.toContain("hunter2");
    expect(answer.restartNeeded).toBe(true);
  });

  test("do not change the custody, which follows the master key", async () => {
    const { get, update } = await procedures();
    const moved = call(update, { section: "secrets", values: { custody: "keychain", strictMode: false } }, { context });
    await expect(moved).rejects.toMatchObject({
      code: "config_invalid",
      data: { next: expect.stringContaining("secrets key custody keychain"), fields: { custody: expect.any(String) } },
    });
    expect(await call(get, { section: "secrets" }, { context })).toMatchObject({
      values: { custody: "file", strictMode: true },
    });
    await call(update, { section: "secrets", values: { custody: "file", strictMode: false } }, { context });
    await updateConfig(home.paths, "secrets", { custody: "keychain" });
    const back = call(update, { section: "secrets", values: { custody: null } }, { context });
    await expect(back).rejects.toMatchObject({ data: { next: expect.stringContaining("secrets key custody file") } });
    expect((await readConfig(home.paths)).secrets).toMatchObject({ custody: "keychain", strictMode: false });
  });

  test("refuse what is no setting", async () => {
    const { update } = await procedures();
    await expect(call(update, { section: "general", values: { speed: 1 } }, { context })).rejects.toMatchObject({
      code: "config_invalid",
    });
  });
});
