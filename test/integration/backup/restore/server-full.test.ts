import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fullBackupFileName } from "../../../../main/backup/full/format.ts";
import { incomingFiles } from "../../../../main/backup/restore/full-files.ts";
import { restorePlaces } from "../../../../main/backup/restore/places.ts";
import { leaveWaiting } from "../../../../main/backup/restore/server-files.ts";
import { loadIntoServer } from "../../../../main/backup/restore/server.ts";
import { openSource } from "../../../../main/backup/restore/source.ts";
import type { ControlPlane } from "../../../../main/control-plane-port.ts";
import { readMigrations } from "../../../../main/database/migration-files.ts";
import { keyRing } from "../../../../main/secrets/key-ring.ts";
import { keyText, masterKey } from "../../../../main/secrets/master-key.ts";
import { refusalOf } from "../../../fixtures/conditions.ts";
import { testDatabase, type TestDatabase } from "../../../fixtures/database.ts";
import { testHome, type TestHome } from "../../../fixtures/home.ts";
import { CODE, COMPANY, fileOfFullFormat, FILES, FIXTURE_KEY } from "../../../fixtures/releases/releases.ts";
import { planeOn, urlOf } from "./server-plane.ts";

// A lost machine whose database was on a server of the operator comes back from one file.

const FULL = fileOfFullFormat(3);
const OWN_KEY = masterKey(Buffer.alloc(32, 9));
const ENV_KEY = masterKey(Buffer.alloc(32, 8));

let home: TestHome;
let target: TestDatabase;
let plane: ControlPlane | null;
let disks: string[];
beforeEach(async () => {
  [plane, disks] = [null, []];
  [home, target] = await Promise.all([testHome(), testDatabase("template0")]);
});
afterEach(async () => {
  await plane?.close();
  await target.close();
  await home.remove();
  for (const disk of disks) await rm(disk, { recursive: true, force: true });
});

async function open(database: TestDatabase | null): Promise<ControlPlane["client"]> {
  await plane?.close();
  plane = await planeOn(database, home);
  return plane.client;
}

const text = (...names: string[]) => readFile(path.join(home.paths.root, ...names), "utf8");
const replacedNames = async () => (await readdir(path.join(home.paths.root, "restore", "replaced"))).toSorted();
const replaced = async () => (await replacedNames()).at(-1) ?? "nothing";

async function expectWhole(client: ControlPlane["client"]): Promise<void> {
  expect((await client.companies.list()).companies.map(({ id }) => id)).toEqual([COMPANY]);
  expect(await client.secrets.health()).toMatchObject({ state: "ready", keyId: FIXTURE_KEY.id });
  for (const [name, content] of Object.entries(FILES)) expect(await text(name)).toBe(content);
  expect(await client.settings.get({ section: "general" })).toMatchObject({ values: { concurrency: 3 } });
  expect(await text("secrets", "master.key")).toBe(keyText(FIXTURE_KEY));
  expect(await readdir(path.join(home.paths.root, "restore"))).not.toContain("opened");
  expect(await readdir(path.join(home.paths.root, "restore", "waiting"))).toEqual([]);
}

test("everything comes into a server's database; what stood here is kept, and the database stays the one of here", async () => {
  const { paths } = home;
  await mkdir(paths.secrets, { recursive: true, mode: 0o700 });
  await mkdir(paths.workspaces, { recursive: true, mode: 0o700 });
  await writeFile(paths.masterKey, keyText(OWN_KEY), { mode: 0o600 });
  await writeFile(path.join(paths.workspaces, "mine.txt"), "mine");
  const keyLine = `PAPERCLIP_SECRETS_MASTER_KEY=${keyText(ENV_KEY).trim()}`;
  await writeFile(paths.envFile, `MINE=1\n${keyLine}\nDATABASE_URL=${urlOf(target)}`, { mode: 0o600 });
  const client = await open(null);
  const preview = await client.restore.preview({ file: FULL, code: CODE });
  expect(preview).toMatchObject({ refused: null, keys: { state: "inside" } });
  expect(preview.notes.join("\n")).toContain("restore/replaced");
  expect(preview.keys.message).toContain("kept beside it");
  // As one that came from elsewhere: what opened it has shown that it comes back.
  const received = path.join(paths.backups, fullBackupFileName(new Date("2026-03-08T07:00:00.000Z"), "received"));
  await mkdir(paths.backups, { recursive: true });
  await copyFile(FULL, received);
  const proofOf = async () => (await client.backups.list()).backups.map((one) => "provenAt" in one && one.provenAt);
  expect(await proofOf()).toEqual([null]);
  const restored = await client.restore.start({ file: received, code: CODE });
  expect(restored).toMatchObject({ opens: true, kept: null });
  expect(await proofOf()).toEqual([expect.any(String)]);
  await expectWhole(client);
  expect(await text("restore", "replaced", await replaced(), "workspaces", "mine.txt")).toBe("mine");
  const aside = (await readdir(paths.secrets)).filter((name) => name.startsWith("master.key.replaced-"));
  const keptKeys = await Promise.all(aside.toSorted().map((name) => text("secrets", name)));
  expect(keptKeys).toEqual([OWN_KEY, ENV_KEY].map(keyText));
  // The answer says where all of that is.
  expect(restored.keptAside).toEqual([
    { path: path.join(paths.root, "restore", "replaced", await replaced()), until: expect.any(String) },
    ...aside.toSorted().map((name) => ({ path: path.join(paths.secrets, name), until: null })),
  ]);
  expect(await text(".env")).not.toContain(keyLine);
  expect(await text(".env")).toContain(`DATABASE_URL=${urlOf(target)}`);
  await expectWhole(await open(null));
});

/** Restores as the app does up to the commit, and is killed there; or right before it. */
async function loadOnly(commits: boolean): Promise<void> {
  const places = await restorePlaces(home.paths);
  const signal = new AbortController().signal;
  const onProgress = () => undefined;
  const source = await openSource(
    { file: FULL, opening: { code: CODE }, open: true, signal, onProgress },
    places.opened,
  );
  const { archive, full } = source;
  if (archive === null || full === null) throw new Error("it is no full backup");
  const session = { connectionString: urlOf(target) };
  const now = new Date();
  const loading = loadIntoServer(
    {
      paths: home.paths,
      archive,
      source: "full.tar.age",
      session,
      migrations: await readMigrations(path.resolve("migrations")),
      ring: keyRing(null, null),
      now,
      signal,
      onProgress,
      beside: async ({ opens, holdId }) => {
        const files = await incomingFiles(home.paths, full, !opens);
        await leaveWaiting(places, holdId, { files, source: "full.tar.age", session, now });
        if (!commits) throw new Error("killed");
      },
    },
    places,
  );
  expect(
    await loading.then(
      () => true,
      () => false,
    ),
  ).toBe(commits);
}

test("a kill right after the rows are committed is finished by the next opening of that database, and by no other one", async () => {
  await loadOnly(true);
  const other = await testDatabase("template0");
  try {
    const elsewhere = await open(other);
    expect(await elsewhere.companies.list()).toEqual({ companies: [] });
    await expectWhole(await open(target));
  } finally {
    await plane?.close();
    await other.close();
  }
});

test("what cannot be put in place waits, is told, and leaves what stood there; the next opening tries again", async () => {
  await loadOnly(true);
  // Nothing can be kept where a file stands in place of the folder.
  const inTheWay = path.join(home.paths.root, "restore", "replaced");
  await writeFile(inTheWay, "");
  const refusal = await refusalOf((await open(target)).companies.list());
  expect(refusal.message).toContain("The rows of full.tar.age are in the database, but its files");
  expect(refusal.next).toContain(path.join(home.paths.root, "restore", "waiting"));
  expect(await readdir(home.paths.workspaces)).toEqual([]);
  expect(await readdir(path.join(home.paths.root, "restore"))).not.toContain("intent.json");
  await rm(inTheWay);
  await expectWhole(await open(target));
});

/** Beside what comes: a key, and files in two of the folders. */
async function fillHere(): Promise<void> {
  const { paths } = home;
  for (const directory of [paths.secrets, paths.storage, paths.workspaces]) await mkdir(directory, { recursive: true });
  await writeFile(paths.masterKey, keyText(OWN_KEY), { mode: 0o600 });
  await writeFile(path.join(paths.storage, "mine.bin"), "mine");
  await writeFile(path.join(paths.workspaces, "mine.txt"), "mine");
}

async function expectAsBefore(): Promise<void> {
  const { paths } = home;
  expect(await readdir(paths.secrets)).toEqual(["master.key"]);
  expect(await text("secrets", "master.key")).toBe(keyText(OWN_KEY));
  expect(await text("workspaces", "mine.txt")).toBe("mine");
  expect(await readdir(paths.workspaces)).toEqual(["mine.txt"]);
  const files = await readdir(path.join(paths.root, "restore"), { recursive: true, withFileTypes: true });
  const names = files.filter((one) => one.isFile()).map(({ parentPath, name }) => path.join(parentPath, name));
  expect(names.filter((name) => name.includes("replaced") || name.endsWith("intent.json"))).toEqual([]);
}

test("where a folder cannot be made after the key has changed places, the key is back, and the way out is told", async () => {
  await fillHere();
  await loadOnly(true);
  const { paths } = home;
  const data = path.dirname(paths.storage);
  await rename(data, `${data}.elsewhere`);
  await symlink(path.join(home.base, "not-mounted"), data);
  const refusal = await refusalOf((await open(target)).companies.list());
  expect(refusal.message).toContain("The rows of full.tar.age are in the database, but its files");
  expect(refusal.message).toContain(`${data} was not made: it is a link to a place that is gone`);
  expect(refusal.next).toContain("Bring that place back");
  expect(refusal.next).toContain(path.join(paths.root, "restore", "waiting"));
  await plane?.close();
  await expectAsBefore();
  await rm(data);
  await rename(`${data}.elsewhere`, data);
  await expectWhole(await open(target));
  expect(await text("restore", "replaced", await replaced(), "data", "storage", "mine.bin")).toBe("mine");
});

/** A folder on another disk than the instance, where this system has one. */
async function anotherDisk(): Promise<string | null> {
  const folder = await mkdtemp("/dev/shm/pcd-disk-").catch(() => null);
  if (folder === null) return null;
  disks.push(folder);
  return (await stat(folder)).dev === (await stat(home.base)).dev ? null : folder;
}

test("where a folder is on another disk, the key and the folder that had changed places before it are back", async (context) => {
  const disk = await anotherDisk();
  if (disk === null) return context.skip();
  await fillHere();
  await loadOnly(true);
  const { paths } = home;
  await symlink(disk, paths.logs);
  const refusal = await refusalOf((await open(target)).companies.list());
  expect(refusal.message).toContain(paths.runLogs);
  expect(refusal.message).toContain("are on different disks");
  await plane?.close();
  await expectAsBefore();
  expect(await text("data", "storage", "mine.bin")).toBe("mine");
  await rm(paths.logs);
  await expectWhole(await open(target));
});

test("what could not be put in place afterwards is refused while the database is empty", async (context) => {
  const disk = await anotherDisk();
  const { paths } = home;
  const client = await open(target);
  const data = path.dirname(paths.storage);
  await rm(data, { recursive: true, force: true });
  await symlink(path.join(home.base, "not-mounted"), data);
  const gone = await refusalOf(client.restore.start({ file: FULL, code: CODE }));
  expect(gone.message).toBe(`Nothing was restored: ${data} leads to a place that is gone.`);
  await rm(data);
  expect(await client.companies.list()).toEqual({ companies: [] });
  if (disk === null) return context.skip();
  await symlink(disk, data);
  const elsewhere = await refusalOf(client.restore.start({ file: FULL, code: CODE }));
  expect(elsewhere.message).toContain(`Nothing was restored: ${data} is on another disk`);
  expect(await client.companies.list()).toEqual({ companies: [] });
});

test("a kill right before the commit leaves nothing of the backup, and the restore is done again", async () => {
  await loadOnly(false);
  const client = await open(target);
  expect(await client.companies.list()).toEqual({ companies: [] });
  expect(await readdir(path.join(home.paths.root, "restore", "waiting"))).toEqual([]);
  expect(await readdir(home.paths.workspaces)).toEqual([]);
  expect(await client.restore.start({ file: FULL, code: CODE })).toMatchObject({ opens: true });
  await expectWhole(client);
  // Nothing is written beside a file elsewhere.
  expect(await readdir(path.dirname(FULL))).not.toContain("proofs.json");
});

test.each([
  [false, "PAPERCLIP_SECRETS_MASTER_KEY_FILE=/here/key\n"],
  [true, ""],
])("what .env says of database and key here stays, where a key that comes is %s", async (withKey, ofKey) => {
  const into = path.join(home.base, "opened");
  await mkdir(into, { recursive: true });
  const [env, keyFile] = [path.join(into, "env"), path.join(into, "master.key")];
  await writeFile(env, "THEIRS=1\nDATABASE_URL=postgres://theirs/db\nPAPERCLIP_SECRETS_MASTER_KEY=theirs\nLAST=2");
  await mkdir(home.paths.root, { recursive: true });
  const here = "MINE=1\nexport DATABASE_URL='postgres://here/db'\nPAPERCLIP_SECRETS_MASTER_KEY_FILE=/here/key\n";
  await writeFile(home.paths.envFile, here);
  const settings = new Map([[".env", env]]);
  const opened = { keyFile, settings, files: path.join(into, "files") };
  const incoming = await incomingFiles(home.paths, { opened }, withKey);
  expect(incoming).toContainEqual({ place: home.paths.envFile, incoming: env });
  expect(await readFile(env, "utf8")).toBe(`THEIRS=1\nLAST=2\nexport DATABASE_URL='postgres://here/db'\n${ofKey}`);
});
