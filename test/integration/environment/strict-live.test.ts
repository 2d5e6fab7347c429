import { mkdtemp, realpath, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openControlPlane } from "../../../main/control-plane.ts";
import type { ControlPlane } from "../../../main/control-plane-port.ts";
import { instancePaths } from "../../../main/instance/paths.ts";
import { type TestDatabase, testDatabase } from "../../fixtures/database.ts";

let base: string;
let database: TestDatabase;
const planes: ControlPlane[] = [];
beforeEach(async () => {
  base = await realpath(await mkdtemp(path.join(os.tmpdir(), "pcd-strict-")));
  database = await testDatabase();
});
afterEach(async () => {
  for (const plane of planes.splice(0)) await plane.close();
  await database.close();
  await rm(base, { recursive: true, force: true });
});

async function open(processEnv: Record<string, string> = {}): Promise<ControlPlane> {
  const { host, port, user, password, database: name } = database.options;
  const databaseUrl = `postgres://${user}:${password}@/${name}?host=${encodeURIComponent(host ?? "")}&port=${String(port)}`;
  const plane = await openControlPlane({
    paths: instancePaths({ home: path.join(base, "home"), id: "test" }, {}),
    kind: "serve",
    processEnv: { PATH: process.env["PATH"], HOME: base, DATABASE_URL: databaseUrl, ...processEnv },
    version: "1.2.3",
    onOwned: async () => async () => undefined,
  });
  planes.push(plane);
  return plane;
}

const refused = { code: "env_plain_secret" };

describe("the switch of strict mode", () => {
  test("counts from the next save on, for agents, projects and routines", async () => {
    const { client } = await open();
    await client.companies.create({ name: "Acme" });
    const env = { GH_TOKEN: "hush-hush" };
    const saves = (name: string) => [
      () => client.agents.create({ name, adapter: "claude", env }),
      () => client.projects.create({ name, env }),
      () => client.routines.create({ routine: { title: name, env } }),
    ];
    for (const save of saves("first")) await expect(save()).rejects.toMatchObject(refused);
    const off = await client.settings.update({ section: "secrets", values: { strictMode: false } });
    expect(off.restartNeeded).toBe(false);
    for (const save of saves("second")) await save();
    await client.settings.update({ section: "secrets", values: { strictMode: null } });
    for (const save of saves("third")) await expect(save()).rejects.toMatchObject(refused);
    const text = "GL_TOKEN=hush-hush";
    const imported = { layer: "agent" as const, target: "second", text, plain: ["GL_TOKEN"] };
    expect((await client.inlineSecrets.importFile(imported)).rows).toMatchObject([{ outcome: "refused" }]);
  });

  test("counts less than the environment of the owner", async () => {
    const { client } = await open({ PAPERCLIP_SECRETS_STRICT_MODE: "true" });
    await client.companies.create({ name: "Acme" });
    await client.settings.update({ section: "secrets", values: { strictMode: false } });
    const agent = { name: "coder", adapter: "claude", env: { GH_TOKEN: "hush-hush" } };
    await expect(client.agents.create(agent)).rejects.toMatchObject(refused);
  });
});
