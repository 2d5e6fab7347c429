import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Env, EnvInput } from "../../../preload/contract/environment.ts";
import { normaliseEnv } from "../../../main/environment/env-input.ts";
import { systemClock } from "../../../main/instance/clock.ts";
import { OPERATOR } from "../../../main/record/activity.ts";
import { createRoutine, updateRoutine } from "../../../main/routines/definition.ts";
import { findRoutine } from "../../../main/routines/lookup.ts";
import { createAgent, updateAgent } from "../../../main/work/agents.ts";
import { createProject, updateProject } from "../../../main/work/projects.ts";
import { type WorkWorld, workWorld } from "../../fixtures/work-world.ts";

let world: WorkWorld;
beforeAll(async () => {
  world = await workWorld();
});
afterAll(() => world.close());

const TOKEN = `gh${"p_"}${"aB3".repeat(12)}`;
const note = () => ({ actor: OPERATOR, now: systemClock.now(), changeSummary: null });

const normalise = (env: EnvInput, before: Env = {}, strict = true) =>
  normaliseEnv(world.database.orm, world.acme.id, "agent", env, { strict, before }, "linux");

describe("strict mode", () => {
  test("refuses credentials by name and by value, names all of them, and never shows a value", async () => {
    const env = {
      FINE: "x",
      GH_TOKEN: "hush-hush",
      URL: "postgres://u:hush-hush@h/db",
      X: { type: "plain", value: TOKEN },
    };
    const refusal: Error & { data?: unknown } = await normalise(env as EnvInput).then(
      () => expect.fail("was saved"),
      (error: Error) => error,
    );
    expect(refusal).toMatchObject({
      code: "env_plain_secret",
      data: {
        fields: {
          "env.GH_TOKEN": expect.stringContaining("name"),
          "env.URL": expect.stringContaining("password"),
          "env.X": expect.stringContaining("GitHub"),
        },
        next: expect.stringContaining("secrets create --key gh-token --value-stdin"),
        details: { layer: "agent", key: "GH_TOKEN" },
      },
    });
    expect(refusal.message).toContain("GH_TOKEN");
    expect(JSON.stringify([refusal.message, refusal.data])).not.toMatch(/hush-hush|aB3/);
  });

  test("judges what is added or changed, and lets stand what was there", async () => {
    const before: Env = { GH_TOKEN: { type: "plain", value: "hush-hush" } };
    expect(await normalise({ GH_TOKEN: "hush-hush", MORE: "x" }, before)).toMatchObject(before);
    await expect(normalise({ GH_TOKEN: "hush-hush!" }, before)).rejects.toMatchObject({ code: "env_plain_secret" });
    await expect(normalise({ GL_TOKEN: "hush-hush" }, before)).rejects.toMatchObject({ code: "env_plain_secret" });
    const secretId = await world.secret(world.acme, "was-sealed", "hush-hush");
    const sealed: Env = { GH_TOKEN: { type: "secret_ref", secretId, version: "latest" } };
    await expect(normalise({ GH_TOKEN: "hush-hush" }, sealed)).rejects.toMatchObject({ code: "env_plain_secret" });
    expect(await normalise(sealed, before)).toEqual(sealed);
  });

  test("lets pass what nothing but its randomness speaks for, empty values and places of files", async () => {
    await normalise({
      X: "q7Zp0Lx2Vb9Kd4Rt6Ny8Ws1M",
      GH_TOKEN: "",
      DB_PASSWORD_FILE: "/run/secrets/db",
      SSH_PUBLIC_KEY: "ssh-ed25519 AAAA",
    });
  });

  test("says of a value that could not be sealed why, and what else to do", async () => {
    await expect(normalise({ GH_TOKEN: "abc" })).rejects.toMatchObject({
      code: "env_plain_secret",
      data: { next: expect.stringContaining("fewer than 4 characters") },
    });
  });

  test("is off where it is switched off", async () => {
    expect(await normalise({ GH_TOKEN: "hush-hush" }, {}, false)).toEqual({
      GH_TOKEN: { type: "plain", value: "hush-hush" },
    });
  });

  test("stands before agents, projects and routines, when they are made and when they are changed", async () => {
    const { orm } = world.database;
    const refused = { code: "env_plain_secret" };
    const env = { GH_TOKEN: "hush-hush" };
    const name = randomUUID();
    const companyId = world.acme.id;
    const before = await world.rowCounts();
    await expect(createAgent(orm, "acme", { name, adapter: "claude", env })).rejects.toMatchObject(refused);
    await expect(createProject(orm, "acme", { name, env })).rejects.toMatchObject(refused);
    const routine = { title: name, env };
    await expect(createRoutine(world.database, { ...note(), companyId, routine })).rejects.toMatchObject(refused);
    expect(await world.rowCounts()).toEqual(before);

    await createAgent(orm, "acme", { name, adapter: "claude", env }, false);
    await createProject(orm, "acme", { name, env }, false);
    const routineId = await createRoutine(world.database, { ...note(), companyId, routine, strict: false });
    const changes = { env: { ...env, GL_TOKEN: "hush-hush" } };
    await expect(updateAgent(orm, "acme", name, changes)).rejects.toMatchObject(refused);
    await expect(updateProject(orm, "acme", name, changes)).rejects.toMatchObject(refused);
    const update = { ...note(), companyId, routineId, baseRevisionId: undefined };
    await expect(updateRoutine(world.database, { ...update, changes })).rejects.toMatchObject(refused);
    const more = { env: { ...env, MORE: "x" } };
    await updateAgent(orm, "acme", name, more);
    await updateProject(orm, "acme", name, more);
    await updateRoutine(world.database, { ...update, changes: more });
    expect((await findRoutine(orm, companyId, routineId)).env).toMatchObject({ MORE: { type: "plain", value: "x" } });
  });
});
