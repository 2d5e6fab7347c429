import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { EnvInput } from "../../../preload/contract/environment.ts";
import { normaliseEnv } from "../../../main/environment/env-input.ts";
import { RESERVED_NAMES } from "../../../main/environment/names.ts";
import { deleteSecret, setSecretStatus } from "../../../main/secrets/store.ts";
import { type WorkWorld, workWorld } from "../../fixtures/work-world.ts";

let world: WorkWorld;
let tokenId: string;
let foreignId: string;
let deletedId: string;
beforeAll(async () => {
  world = await workWorld();
  tokenId = await world.secret(world.acme, "gh-token", "value-of-token");
  foreignId = await world.secret(world.other, "their-token", "value-of-theirs");
  deletedId = await world.secret(world.acme, "old-token", "value-of-old");
  await deleteSecret(world.services, { companyId: world.acme.id, secret: "old-token" });
  await world.secret(world.acme, "paused-token", "value-of-paused");
  await setSecretStatus(world.services, { companyId: world.acme.id, secret: "paused-token", status: "disabled" });
});
afterAll(() => world.close());

const normalise = (env: EnvInput, platform: NodeJS.Platform = "linux") =>
  normaliseEnv(world.database.orm, world.acme.id, "routine", env, { strict: false, before: {} }, platform);

async function refusalOf(env: EnvInput, platform: NodeJS.Platform = "linux") {
  return normalise(env, platform).then(
    (saved) => Promise.reject(new Error(`saved as ${JSON.stringify(saved)}`)),
    (error: {
      code: string;
      message: string;
      data: { fields: Record<string, string>; next: string; details: object };
    }) => error,
  );
}

describe("an env as it is saved", () => {
  test("keeps plain values to the byte and turns keys of secrets into ids", async () => {
    const env = {
      A: "bare",
      B: { type: "plain" as const, value: " spaced\n" },
      C: "",
      D: { type: "secret_ref" as const, secret: "gh-token" },
      E: { type: "secret_ref" as const, secretId: tokenId, version: 1 },
      F: { type: "secret_ref" as const, secret: "paused-token", version: "latest" as const },
      PAPERCLIP_ANYTHING: "delivered",
      constructor: "a word like any other",
    };
    const saved = await normalise(env);
    expect(saved).toMatchObject({
      A: { type: "plain", value: "bare" },
      B: { type: "plain", value: " spaced\n" },
      C: { type: "plain", value: "" },
      D: { type: "secret_ref", secretId: tokenId, version: "latest" },
      E: { type: "secret_ref", secretId: tokenId, version: 1 },
      F: { type: "secret_ref", version: "latest" },
      PAPERCLIP_ANYTHING: { type: "plain", value: "delivered" },
    });
    expect(Object.keys(saved)).toEqual(Object.keys(env));
    expect(await normalise(saved)).toEqual(saved);
  });

  test.each([...RESERVED_NAMES])("refuses %s, whatever it would be", async (name) => {
    for (const binding of ["x", { type: "secret_ref" as const, secret: "gh-token" }]) {
      const refusal = await refusalOf({ FINE: "x", [name]: binding });
      expect(refusal).toMatchObject({ code: "env_key_reserved", data: { details: { layer: "routine", key: name } } });
      expect(refusal.data.fields).toEqual({ [`env.${name}`]: expect.any(String) });
      expect(refusal.message).toContain("routine");
    }
    expect(await refusalOf({ [name.toLowerCase()]: "x" }, "win32")).toMatchObject({ code: "env_key_reserved" });
  });

  test.each(["", "1A", "A-B", "A B", "A=B", "É"])("refuses the malformed name %j", async (name) => {
    expect(await refusalOf({ [name]: "x" })).toMatchObject({ code: "env_key_invalid" });
  });

  test("names every key that is wrong, and not only the first", async () => {
    const refusal = await refusalOf({ "1A": "x", PAPERCLIP_RUN_ID: "x", B: "a\0b" });
    expect(Object.keys(refusal.data.fields)).toEqual(["env.1A", "env.PAPERCLIP_RUN_ID", "env.B"]);
    expect(refusal.code).toBe("env_key_invalid");
  });

  test("refuses values that no process can be given", async () => {
    expect(await refusalOf({ A: "a\0b" })).toMatchObject({ code: "env_value_invalid" });
    expect(await refusalOf({ A: "\ud800" })).toMatchObject({ code: "env_value_invalid" });
    expect(await refusalOf({ A: "é".repeat(32 * 1024 + 1) })).toMatchObject({ code: "env_value_invalid" });
    await normalise({ A: "é".repeat(32 * 1024) });
  });

  test("refuses a plain value that was meant as a secret, and only where it names one", async () => {
    for (const value of [
      "secret:gh-token",
      "{{secret:gh-token}}",
      "{{ secrets.gh-token }}",
      "${{ secrets.GH-Token }}",
    ]) {
      const refusal = await refusalOf({ GH_TOKEN: value });
      expect(refusal.code).toBe("env_value_invalid");
      expect(refusal.data.next).toContain('"secret_ref"');
    }
    for (const value of [
      "secret:unknown",
      "secret:their-token",
      "secret:old-token",
      "the secret:gh-token",
      "gh-token",
    ]) {
      expect(await normalise({ GH_TOKEN: value })).toEqual({ GH_TOKEN: { type: "plain", value } });
    }
  });

  test.each([
    ["a missing key", () => ({ secret: "nope" }), "secret_missing", "nope"],
    ["a missing id", () => ({ secretId: randomUUID() }), "secret_missing", ""],
    ["something that is no id", () => ({ secretId: "x" }), "secret_missing", "x"],
    ["the key of another company's", () => ({ secret: "their-token" }), "secret_missing", "their-token"],
    ["the id of another company's", () => ({ secretId: foreignId }), "secret_foreign", ""],
    ["the id of a deleted one", () => ({ secretId: deletedId }), "secret_deleted", "old-token"],
    ["the key of a deleted one", () => ({ secret: "old-token" }), "secret_missing", "old-token"],
    ["a version that never was", () => ({ secret: "gh-token", version: 9 }), "version_missing", "gh-token"],
  ])("refuses %s, with layer, key and secret", async (_, reference, code, name) => {
    const refusal = await refusalOf({ OK: "x", GH_TOKEN: { type: "secret_ref", ...reference() } });
    expect(refusal).toMatchObject({ code, data: { details: { layer: "routine", key: "GH_TOKEN" } } });
    expect(refusal.message).toMatch(/routine.*GH_TOKEN/);
    expect(refusal.message).toContain(name);
    expect(Object.keys(refusal.data.fields)).toEqual(["env.GH_TOKEN"]);
    expect(refusal.data.details).toHaveProperty("secret");
    expect(refusal.data.next).toBeTruthy();
  });

  test("does not tell the key of another company's secret", async () => {
    const refusal = await refusalOf({ GH_TOKEN: { type: "secret_ref", secretId: foreignId } });
    expect(JSON.stringify([refusal.message, refusal.data])).not.toContain("their-token");
  });
});
