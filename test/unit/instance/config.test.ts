import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readConfig, settingsView, updateConfig } from "../../../main/instance/config.ts";
import { refusalOf } from "../../fixtures/conditions.ts";
import { testHome, type TestHome } from "../../fixtures/home.ts";

const MEBIBYTE = 1024 * 1024;
let home: TestHome;
beforeEach(async () => {
  home = await testHome();
});
afterEach(() => home.remove());

async function write(content: unknown): Promise<void> {
  await mkdir(home.paths.root, { recursive: true });
  await writeFile(home.paths.config, typeof content === "string" ? content : JSON.stringify(content));
}
const stored = async () => JSON.parse(await readFile(home.paths.config, "utf8"));

describe("config.json", () => {
  test("has defaults for everything", async () => {
    expect(await readConfig(home.paths)).toEqual({
      version: 1,
      database: { mode: "embedded" },
      secrets: { provider: "local_encrypted", strictMode: true, custody: "file" },
      backups: {
        enabled: true,
        intervalMinutes: 60,
        proveEveryDays: 7,
        keepHourly: 24,
        keepDaily: 7,
        keepWeekly: 4,
        keepMonthly: 1,
        maxMebibytes: 10_240,
        fullEveryDays: 1,
        fullKeepDaily: 7,
        fullKeepWeekly: 4,
        fullKeepMonthly: 1,
        fullMaxMebibytes: 20_480,
      },
      runs: {
        concurrency: 4,
        logLimitBytes: 64 * MEBIBYTE,
        logRetentionDays: 90,
        logTotalBytes: 10_240 * MEBIBYTE,
      },
      webhooks: { port: 3200 },
      notifications: { outcomes: true, missed: true },
    });
  });

  test("honours the names of the original", async () => {
    await write({
      $meta: { version: 1, source: "onboard" },
      database: { mode: "embedded-postgres", connectionString: "postgres://u:p@h/d", embeddedPostgresPort: 54329 },
      secrets: { localEncrypted: { keyFilePath: "/keys/master.key" } },
    });
    const config = await readConfig(home.paths);
    expect(config.database).toEqual({ mode: "embedded", connectionString: "postgres://u:p@h/d" });
    expect(config.secrets.keyFilePath).toBe("/keys/master.key");
  });

  test("means a server of one's own where only a connection string is given", async () => {
    await write({ database: { connectionString: "postgresql://h/d" } });
    expect((await readConfig(home.paths)).database.mode).toBe("postgres");
  });

  test.each<[unknown, string]>([
    ["{", "not JSON (line 1)"],
    ['{\n"database": {\n"connectionString": "postgres://u:hunter2@h/d",,}}', "not JSON"],
    ["[]", "not a JSON object"],
    [{ $meta: { version: 2 } }, "version"],
    [{ database: { mode: "mysql" } }, "database.mode"],
    [{ database: { mode: "postgres" } }, "database.connectionString"],
    [{ database: { connectionString: "mysql://u:hunter2@h" } }, "connectionString"],
    [{ secrets: { custody: "vault" } }, "secrets.custody"],
    [{ secrets: { provider: "aws_secrets_manager" } }, "secrets.provider"],
    [{ secrets: { localEncrypted: { keyFilePath: "k".repeat(4_097) } } }, "secrets.localEncrypted.keyFilePath"],
    [{ secrets: { localEncrypted: { keyFilePath: "key\u0007" } } }, "secrets.localEncrypted.keyFilePath"],
    [{ runs: { concurrency: 0 } }, "runs.concurrency"],
    [{ runs: { concurrency: "4" } }, "runs.concurrency"],
  ])("is refused when it is %j, naming key and file", async (content, says) => {
    await write(content);
    const refusal = await refusalOf(readConfig(home.paths));
    expect(refusal.code).toBe("config_invalid");
    expect(refusal.message).toContain(says);
    expect(refusal.message).toContain(home.paths.config);
    expect(JSON.stringify(refusal)).not.toContain("hunter2");
  });
});

describe("an update", () => {
  test("keeps what it does not know, and is private", async () => {
    await write({ $meta: { source: "x" }, server: { port: 3100 }, secrets: { other: 1, localEncrypted: { more: 2 } } });
    const config = await updateConfig(home.paths, "secrets", { keyFilePath: "/k", strictMode: false });
    expect(config.secrets).toMatchObject({ keyFilePath: "/k", strictMode: false });
    expect(await stored()).toEqual({
      $meta: { source: "x", version: 1 },
      server: { port: 3100 },
      secrets: { other: 1, localEncrypted: { more: 2, keyFilePath: "/k" }, strictMode: false },
    });
    expect((await stat(home.paths.config)).mode & 0o777).toBe(0o600);
  });

  test("makes the file, and takes null as the default", async () => {
    await updateConfig(home.paths, "general", { concurrency: 8 });
    expect((await readConfig(home.paths)).runs.concurrency).toBe(8);
    await updateConfig(home.paths, "general", { concurrency: null });
    expect(await stored()).toEqual({ $meta: { version: 1 }, runs: {} });
  });

  test("with a bad or unknown setting changes nothing", async () => {
    await write({ runs: { concurrency: 2 } });
    const bad = await refusalOf(updateConfig(home.paths, "general", { concurrency: 1000 }));
    const unknown = await refusalOf(updateConfig(home.paths, "general", { speed: 1 }));
    expect([bad.code, unknown.code]).toEqual(["config_invalid", "config_invalid"]);
    expect(unknown.next).toContain("concurrency");
    // The file is right: what was asked for is not.
    expect(bad.message).toBe("The setting runs.concurrency was not changed: must be at most 64.");
    expect(bad.next).not.toContain(home.paths.config);
    expect(await stored()).toEqual({ runs: { concurrency: 2 } });
  });

  test("of a broken file is refused", async () => {
    await write("{");
    expect((await refusalOf(updateConfig(home.paths, "general", {}))).code).toBe("config_invalid");
    expect(await readFile(home.paths.config, "utf8")).toBe("{");
  });
});

describe("the view of a section", () => {
  test("has no password, and saving it again keeps the password", async () => {
    const url = "postgres://u:hunter2@h:5432/d?sslmode=require";
    await updateConfig(home.paths, "database", { mode: "postgres", connectionString: url });
    const view = settingsView(await readConfig(home.paths), "database");
    expect(view).toEqual({ mode: "postgres", connectionString: "postgres://u:***@h:5432/d?sslmode=require" });
    const after = await updateConfig(home.paths, "database", view);
    expect(after.database.connectionString).toBe(url);
  });
});
