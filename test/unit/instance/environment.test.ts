import { mkdir, writeFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readInstanceEnvironment, removeSensitive } from "../../../main/instance/environment.ts";
import { refusalOf } from "../../fixtures/conditions.ts";
import { testHome, type TestHome } from "../../fixtures/home.ts";

let home: TestHome;
beforeEach(async () => {
  home = await testHome();
  await mkdir(home.paths.root, { recursive: true });
});
afterEach(() => home.remove());

describe("the environment of an instance", () => {
  test("is empty where nothing is set", async () => {
    expect(await readInstanceEnvironment(home.paths, { DATABASE_URL: "" })).toEqual({});
  });

  test("comes from the process first, then from the instance's .env", async () => {
    await writeFile(
      home.paths.envFile,
      "DATABASE_URL=postgres://file/one\nDATABASE_MIGRATION_URL=postgres://file/two\nPAPERCLIP_SECRETS_STRICT_MODE=off\n",
    );
    const environment = await readInstanceEnvironment(home.paths, {
      DATABASE_URL: "postgres://process/one",
      PAPERCLIP_SECRETS_MASTER_KEY: "0123456789abcdef0123456789abcdef",
      PAPERCLIP_SECRETS_MASTER_KEY_FILE: "/run/secrets/key",
    });
    expect(environment).toEqual({
      databaseUrl: "postgres://process/one",
      migrationUrl: "postgres://file/two",
      masterKey: "0123456789abcdef0123456789abcdef",
      masterKeyFile: "/run/secrets/key",
      strictMode: false,
    });
  });

  test("loses what is secret, so that no child inherits it", async () => {
    const env = {
      PATH: "/bin",
      DATABASE_URL: "postgres://a",
      DATABASE_MIGRATION_URL: "postgres://b",
      PAPERCLIP_SECRETS_MASTER_KEY: "c",
      PAPERCLIP_SECRETS_MASTER_KEY_FILE: "/d",
    };
    removeSensitive(env);
    expect(env).toEqual({ PATH: "/bin", PAPERCLIP_SECRETS_MASTER_KEY_FILE: "/d" });
  });

  test("refuses a switch that is neither on nor off", async () => {
    const refusal = await refusalOf(readInstanceEnvironment(home.paths, { PAPERCLIP_SECRETS_STRICT_MODE: "maybe" }));
    expect(refusal.code).toBe("config_invalid");
    expect(refusal.message).toContain("PAPERCLIP_SECRETS_STRICT_MODE");
  });
});
