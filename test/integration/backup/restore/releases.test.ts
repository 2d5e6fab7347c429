import { readFile, readlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { extractFullBackup } from "../../../../main/backup/full/extract.ts";
import { readFullBackup } from "../../../../main/backup/full/read.ts";
import { proveBackup } from "../../../../main/backup/prove.ts";
import type { ControlPlane } from "../../../../main/control-plane-port.ts";
import { openControlPlane } from "../../../../main/control-plane.ts";
import { readMigrations } from "../../../../main/database/migration-files.ts";
import { migrate } from "../../../../main/database/migrator.ts";
import { makePrivateDirectory } from "../../../../main/instance/permissions.ts";
import { loadBackup } from "../../../../main/backup/load.ts";
import { keyText } from "../../../../main/secrets/master-key.ts";
import { openValue, versionMaterial } from "../../../../main/secrets/sealing.ts";
import { testDatabase } from "../../../fixtures/database.ts";
import { memoryLog, temporaryIn, testHome, type TestHome } from "../../../fixtures/home.ts";
import { preparedDatabase, type PreparedDatabase } from "../../../fixtures/prepared-database.ts";
import {
  CODE,
  COMPANY,
  fileOfFullFormat,
  fileOfRelease,
  FILES,
  FIXTURE_KEY,
  FULL_FORMATS,
  LINK,
  RELEASES,
  SECRET,
  VALUES,
} from "../../../fixtures/releases/releases.ts";

const { signal } = new AbortController();

let prepared: PreparedDatabase;
let home: TestHome;
beforeAll(async () => {
  prepared = await preparedDatabase();
});
afterAll(() => prepared.remove());
beforeEach(async () => {
  home = await testHome();
});
afterEach(() => home.remove());

describe.each(RELEASES)("a stored backup of the release with migration %i", (release) => {
  const file = fileOfRelease(release);

  test("is proven", async () => {
    const { header, tables } = await proveBackup({
      file,
      signal,
      migrations: await readMigrations(path.resolve("migrations")),
      paths: home.paths,
      directory: path.join(home.paths.root, "scratch"),
      log: memoryLog(),
      processEnv: temporaryIn(home),
    });
    expect(header).toMatchObject({ format: release === 1 ? 1 : 2, keys: { master: FIXTURE_KEY.id } });
    expect(header.schema.migrations).toHaveLength(release);
    expect(tables.find(({ name }) => name === "routine_runs")?.rows).toBe(20);
  });

  test("holds each value of its secrets as it was, under the schema of today", () => expectValues(file));

  test("is previewed, takes the place of what is in use, and is undone", async () => {
    const plane = await openWithKey();
    try {
      const { client } = plane;
      await client.companies.create({ name: "Beta" });
      const preview = await client.restore.preview({ file });
      const all = await readMigrations(path.resolve("migrations"));
      expect(preview).toMatchObject({
        keys: { state: "current" },
        refused: null,
        migrations: all.length - release,
        current: { companies: ["Beta"], related: false },
      });
      expect(await client.restore.start({ file })).toMatchObject({ kind: "restore", opens: true });
      expect((await client.companies.list()).companies.map(({ name }) => name)).toEqual(["Acme"]);
      expect((await client.secrets.list({})).secrets.map(({ key }) => key)).toEqual(["token"]);
      expect(await client.secrets.health()).toMatchObject({ state: "ready", keyId: FIXTURE_KEY.id });
      expect((await client.routines.list({})).routines.map(({ title }) => title)).toEqual(["Nightly triage"]);
      await client.secrets.rotate({ secret: "token", value: "a-value-made-since" });
      await client.restore.undo({});
      expect((await client.companies.list()).companies.map(({ name }) => name)).toEqual(["Beta"]);
    } finally {
      await plane.close();
    }
  });
});

describe.each(FULL_FORMATS)("a stored full backup of format %i", (format) => {
  test("gives back its key, settings, files, links, and each value of its secrets", async () => {
    const reading = { file: fileOfFullFormat(format), opening: { code: CODE }, signal };
    const opened = await extractFullBackup(reading, path.join(home.base, "opened"));
    expect(opened.content).toMatchObject({ header: { format }, links: { count: format === 1 ? 0 : 1 } });
    expect(await readFile(opened.key?.file ?? "", "utf8")).toBe(keyText(FIXTURE_KEY));
    expect(await readFile(opened.settings.get("config.json") ?? "", "utf8")).toContain('"concurrency": 3');
    for (const [name, text] of Object.entries(FILES)) {
      expect(await readFile(path.join(opened.files, name), "utf8")).toBe(text);
    }
    const link = await readlink(path.join(opened.files, LINK.path)).catch(() => null);
    expect(link).toBe(format === 1 ? null : LINK.target);
    await expectValues(opened.database);

    expect(await readFullBackup(reading)).toEqual(opened.content);
  });
});

async function expectValues(file: string): Promise<void> {
  const database = await testDatabase("template0");
  try {
    const migrations = await readMigrations(path.resolve("migrations"));
    await loadBackup({ file, connection: database.options, migrations, disposable: true, signal });
    const client = await database.pool.connect();
    await migrate(client, migrations, async () => undefined).finally(() => client.release());
    const { rows } = await database.pool.query<{ version: number; material: unknown }>(
      "select version, material from company_secret_versions order by version",
    );
    const values = rows.map(({ version, material }) =>
      openValue(FIXTURE_KEY, { companyId: COMPANY, secretId: SECRET, version }, versionMaterial.parse(material)),
    );
    expect(values).toEqual(VALUES);
  } finally {
    await database.close();
  }
}

/** An instance of today that has the key of the fixtures. */
async function openWithKey(): Promise<ControlPlane> {
  await prepared.giveTo(home.paths);
  await makePrivateDirectory(home.paths.secrets);
  await writeFile(home.paths.masterKey, keyText(FIXTURE_KEY), { mode: 0o600 });
  return openControlPlane({
    paths: home.paths,
    kind: "serve",
    processEnv: { PATH: process.env["PATH"], HOME: home.base },
    version: "2.0.0",
    onOwned: async () => async () => undefined,
  });
}

test("a preview of another instance's backup says that all is lost, though its company has the same prefix and what is here is older", async () => {
  const plane = await openWithKey();
  try {
    const { client } = plane;
    await client.companies.create({ name: "Acme" });
    const { path: theirs } = await client.backups.take({});
    const file = fileOfFullFormat(3);
    const first = await client.restore.preview({ file, code: CODE });
    expect(first.current).toMatchObject({ companies: ["Acme"], absent: ["Acme"], related: false });
    await client.restore.start({ file, code: CODE });
    const { current } = await client.restore.preview({ file: theirs });
    expect(current).toMatchObject({ companies: ["Acme"], absent: ["Acme"], related: false });
    const counts = new Map(current?.lost.map(({ what, added }) => [what, added]));
    expect([counts.get("companies"), counts.get("secrets"), counts.get("runs")]).toEqual([1, 1, 20]);
    const own = (await client.backups.take({})).path;
    const { current: same } = await client.restore.preview({ file: own });
    expect(same).toMatchObject({ absent: [], related: true });
    expect(same?.lost.every(({ added, changed }) => added === 0 && (changed ?? 0) === 0)).toBe(true);
  } finally {
    await plane.close();
  }
});
