import { once } from "node:events";
import { copyFile, mkdir, readdir, readFile, rename, rm, truncate, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { ControlPlane, OpenOptions } from "../../../../main/control-plane-port.ts";
import { serversOn } from "../../../../main/database/embedded/former.ts";
import { instancePaths, type InstancePaths } from "../../../../main/instance/paths.ts";
import { forkHelper } from "../../../../main/instance/helper-process.ts";
import { bundle } from "../../../fixtures/bundle.ts";
import { eventually, refusalOf } from "../../../fixtures/conditions.ts";
import { testHome, type TestHome } from "../../../fixtures/home.ts";
import { openPlane } from "../../../fixtures/plane.ts";
import { preparedDatabase, type PreparedDatabase } from "../../../fixtures/prepared-database.ts";
import { fileOfRelease } from "../../../fixtures/releases/releases.ts";

// Each opens instances of its own, because a restore replaces what others would share.

let prepared: PreparedDatabase;
let home: TestHome;
let paths: InstancePaths;
let planes: Set<ControlPlane>;
beforeAll(async () => {
  prepared = await preparedDatabase();
});
afterAll(() => prepared.remove());
beforeEach(async () => {
  home = await testHome();
  paths = home.paths;
  await prepared.giveTo(paths);
  planes = new Set();
});
afterEach(async () => {
  for (const plane of planes) await plane.close();
  await home.remove();
});

async function open(choice: Partial<OpenOptions> = {}): Promise<ControlPlane> {
  const plane = await openPlane(home, choice);
  planes.add(plane);
  return plane;
}

async function close(plane: ControlPlane): Promise<void> {
  planes.delete(plane);
  await plane.close();
}

async function fill({ client }: ControlPlane): Promise<void> {
  await client.companies.create({ name: "Acme" });
  await client.agents.create({
    name: "coder",
    adapter: "process",
    config: { command: ["true"], instructions: "none" },
  });
  await client.secrets.create({ key: "first", value: "value-of-the-first" });
  await client.routines.create({ routine: { title: "Nightly", agent: "coder" } });
}

const keysOf = async ({ client }: ControlPlane) => (await client.secrets.list({})).secrets.map(({ key }) => key);

test("a backup takes the place of what is in use, holds everything back, and is undone and done again", async () => {
  const plane = await open();
  const { client } = plane;
  await fill(plane);
  const { path: file } = await client.backups.take({});
  await client.secrets.create({ key: "second", value: "value-of-the-second" });
  await client.secrets.rotate({ secret: "first", value: "another-value-of-it" });

  const preview = await client.restore.preview({ file: path.basename(file) });
  expect(preview).toMatchObject({
    keys: { state: "current" },
    migrations: 0,
    refused: null,
    current: { companies: ["Acme"], related: true, running: 0 },
  });
  const lost = new Map(preview.current?.lost.map(({ what, added, changed }) => [what, [added, changed]]));
  expect(lost.get("secrets")).toEqual([1, 1]);
  expect(lost.get("versions")).toEqual([2, null]);
  expect(lost.get("routines")).toEqual([0, 0]);

  const heard: string[] = [];
  const leaving = new AbortController();
  const changes = await client.system.changes(undefined, { signal: leaving.signal });
  const listening = (async () => {
    for await (const { topic } of changes) heard.push(topic);
  })();
  const restoring = client.restore.start({ file });
  await eventually(async () => (await client.restore.state()).work?.phase === "loading");
  const during = await client.system.status();
  expect(during.readOnly).toContain("being restored");
  // Its area leads to the place where it can be cancelled.
  expect(during.problems).toContainEqual(expect.objectContaining({ area: "backups", code: "read_only" }));
  for (const waiting of [during.webhooks, during.backups]) expect(waiting.reason).toContain("A restore is going on");
  expect(await refusalOf(client.secrets.create({ key: "third", value: "value-of-it" }))).toMatchObject({
    code: "read_only",
    message: during.readOnly,
    next: "Wait until it is done, or cancel it.",
  });
  expect((await refusalOf(client.restore.undo({}))).code).toBe("restore_running");
  const restored = await restoring;
  expect(restored).toMatchObject({ kind: "restore", source: path.basename(file), opens: true });
  const [listed] = (await client.backups.list()).backups;
  expect(listed).toMatchObject({ path: file, provenAt: expect.any(String), provenDifferences: null });
  // Whoever listened before is still told.
  await eventually(() => heard.includes("resync"));
  heard.length = 0;
  await client.secrets.create({ key: "since", value: "value-made-since" });
  await eventually(() => heard.includes("secrets"));
  leaving.abort();
  await listening;
  expect(await keysOf(plane)).toEqual(["first", "since"]);
  // It has looked once everything was opened again.
  await eventually(async () => (await client.system.status()).scheduler.state === "held");
  const status = await client.system.status();
  expect(status).toMatchObject({
    vault: { state: "ready" },
    scheduler: { state: "held" },
    held: { kind: "restore", stateOf: preview.takenAt },
    readOnly: null,
  });
  expect(status.problems.map(({ code }) => code)).toContain("restore_held");

  // Back, with all that was lost, and forth again; also where what was noted beside it is damaged.
  await writeFile(path.join(paths.root, "restore", "kept", restored.kept?.id ?? "", "custody.json"), "{");
  expect(await client.restore.undo({})).toMatchObject({ kind: "undo", opens: true });
  expect(await keysOf(plane)).toEqual(["first", "second"]);
  expect((await client.system.status()).held).toMatchObject({ kind: "undo" });
  await client.restore.undo({});
  expect(await keysOf(plane)).toEqual(["first", "since"]);
  expect((await client.restore.state()).kept).toHaveLength(1);

  expect(await client.restore.release({})).toMatchObject({ released: true, queued: 0 });
  await eventually(async () => (await client.system.status()).scheduler.state !== "held");
  expect((await refusalOf(client.restore.release({}))).code).toBe("restore_not_held");
  await close(plane);
  const again = await open();
  expect(await keysOf(again)).toEqual(["first", "since"]);
});

test("what is kept and cannot be read is told with its size and the way to remove it, and stays", async () => {
  const folder = path.join(paths.root, "restore", "kept", "20260101T000000000Z");
  const database = `${paths.db}.kept-20260101T000000000Z`;
  for (const directory of [path.join(folder, "files"), path.join(database, "base")]) {
    await mkdir(directory, { recursive: true, mode: 0o700 });
  }
  await writeFile(path.join(folder, "kept.json"), '{"version": 2}');
  await writeFile(path.join(folder, "files", "1-master.key"), "a key");
  await writeFile(path.join(database, "base", "1"), Buffer.alloc(3 * 1024 * 1024));
  const told = async ({ client }: ControlPlane) =>
    (await client.system.status()).problems.filter(({ code }) => code === "kept_unreadable");
  const plane = await open();
  const [problem, ...more] = await told(plane);
  expect(more).toEqual([]);
  expect(problem).toMatchObject({ area: "backups", next: expect.stringContaining(`remove ${folder} and ${database}`) });
  expect(problem?.message).toContain(`4 MiB in ${folder} and ${database}`);
  expect((await plane.client.restore.state()).kept).toEqual([]);
  await rm(folder, { recursive: true });
  expect(await told(plane)).toEqual([]);
});

test("what becomes of the recovery code is said before", async () => {
  const plane = await open();
  const { client } = plane;
  await fill(plane);
  const without = await client.backups.take({});
  const first = await client.keys.createRecovery();
  const withFirst = await client.backups.take({});
  const notesOf = async ({ path: file }: { readonly path: string }) => (await client.restore.preview({ file })).notes;
  expect((await notesOf(withFirst)).join()).not.toContain("recovery code");
  expect((await notesOf(without))[0]).toMatch(
    /^The recovery code made .* is not in force afterwards; .* There is no recovery code then/,
  );
  const second = await client.keys.createRecovery();
  const [note] = await notesOf(withFirst);
  expect(note).toMatch(
    /^The recovery code made .* UTC is not in force afterwards; .* The recovery code made .* UTC is in force/,
  );
  await client.restore.start({ file: withFirst.path });
  await client.keys.testRecovery({ code: first.code });
  expect((await refusalOf(client.keys.testRecovery({ code: second.code }))).code).toBe("recovery_code_wrong");
});

test("a rotation since does not close what comes back, and its undo opens too", async () => {
  const plane = await open();
  const { client } = plane;
  await fill(plane);
  const { path: file, keyIds } = await client.backups.take({});
  const { keyId } = await client.keys.rotate();
  expect((await client.restore.preview({ file })).keys).toMatchObject({ state: "retired", expectedKeyId: keyIds[0] });
  expect(await client.restore.start({ file })).toMatchObject({ opens: true });
  const health = await client.secrets.health();
  expect(health).toMatchObject({ state: "ready", keyId });
  await client.keys.rotate();
  expect(await client.restore.undo({})).toMatchObject({ opens: true });
  expect(await client.secrets.health()).toMatchObject({ state: "ready" });
});

test("a backup of a machine with another key says so before, locks the vault after, and its undo brings the key back", async () => {
  const elsewhere = instancePaths({ home: path.join(home.base, "other"), id: "test" }, {});
  await prepared.giveTo(elsewhere);
  const other = await open({ paths: elsewhere });
  await fill(other);
  const { path: file, keyIds } = await other.client.backups.take({});
  await close(other);
  const plane = await open();
  const { client } = plane;
  await client.companies.create({ name: "Beta" });
  await client.secrets.create({ key: "ours", value: "value-of-ours" });
  const before = await readFile(paths.masterKey, "utf8");
  const preview = await client.restore.preview({ file });
  expect(preview.keys).toMatchObject({ state: "missing", expectedKeyId: keyIds[0] });
  expect(preview.keys.message).toContain("stay closed");
  expect(preview.current).toMatchObject({ companies: ["Beta"], related: false });
  expect(await client.restore.start({ file })).toMatchObject({ opens: false });
  expect(await client.secrets.health()).toMatchObject({ state: "locked", expectedKeyId: keyIds[0] });
  // Whoever brings the other key here takes the place of the first one; the undo needs that one.
  await copyFile(path.join(home.base, "other", "instances", "test", "secrets", "master.key"), paths.masterKey);
  expect(await client.secrets.health()).toMatchObject({ state: "ready" });
  expect(await client.restore.undo({})).toMatchObject({ kind: "undo", opens: true });
  expect(await client.secrets.health()).toMatchObject({ state: "ready" });
  expect(await readFile(paths.masterKey, "utf8")).toBe(before);
  expect(await keysOf(plane)).toEqual(["ours"]);
});

test("an undo looks for the key where it was kept, also where the settings name another place by then", async () => {
  const plane = await open();
  await plane.client.companies.create({ name: "Beta" });
  await plane.client.secrets.create({ key: "ours", value: "value-of-ours" });
  expect(await plane.client.restore.start({ file: fileOfRelease(1) })).toMatchObject({ opens: false });
  await close(plane);
  await writeFile(paths.config, JSON.stringify({ secrets: { custody: "keychain" }, runs: { concurrency: 3 } }));
  const again = await open();
  expect(await again.client.secrets.health()).toMatchObject({ state: "locked", custody: "keychain" });
  const replaced = ["database", "key", "settings"];
  expect(await again.client.restore.undo({})).toMatchObject({ opens: true, kept: { replaced } });
  expect(await again.client.secrets.health()).toMatchObject({ state: "ready", custody: "file" });
  expect(await keysOf(again)).toEqual(["ours"]);
  // What else they say stays.
  const settings: unknown = JSON.parse(await readFile(paths.config, "utf8"));
  expect(settings).toMatchObject({ secrets: { custody: "file" }, runs: { concurrency: 3 } });
});

test("what is damaged, cut, foreign or missing is refused, and nothing is touched", async () => {
  const plane = await open();
  const { client } = plane;
  await fill(plane);
  const taken = await client.backups.take({});
  const files = {
    cut: path.join(home.base, "cut.tar"),
    foreign: path.join(home.base, "foreign.tar"),
    flipped: path.join(home.base, "flipped.tar"),
  };
  await copyFile(taken.path, files.cut);
  await truncate(files.cut, taken.bytes - 2_048);
  await writeFile(files.foreign, "something else");
  const bytes = await readFile(taken.path);
  bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1);
  await writeFile(files.flipped, bytes);
  const before = await readdir(paths.root);
  for (const file of Object.values(files)) {
    expect((await refusalOf(client.restore.preview({ file }))).code).toBe("backup_invalid");
    expect((await refusalOf(client.restore.start({ file }))).code).toBe("backup_invalid");
  }
  expect((await refusalOf(client.restore.start({ file: "none.tar" }))).code).toBe("backup_missing");
  expect((await refusalOf(client.restore.undo({}))).code).toBe("restore_missing");
  expect(await readdir(paths.root)).toEqual(before);
  await client.secrets.create({ key: "second", value: "value-of-the-second" });
  expect((await client.system.status()).held).toBeNull();
});

test("nobody else opens the instance while it is restored, and a second restore is refused", async () => {
  // It answers where an owner does: a sign of life that is missing would be waited for.
  const plane = await open({
    onOwned: async (socketPath) => {
      const server = createServer((socket) => socket.destroy()).listen(socketPath);
      await once(server, "listening");
      return async () => void server.close();
    },
  });
  const { client } = plane;
  await fill(plane);
  const { path: file } = await client.backups.take({});
  const restoring = client.restore.start({ file });
  await eventually(async () => (await client.restore.state()).work?.phase === "loading");
  expect((await refusalOf(client.restore.start({ file }))).code).toBe("restore_running");
  expect((await refusalOf(open({ kind: "command", rescue: true }))).code).toBe("instance_owned");
  expect(await restoring).toMatchObject({ opens: true });
  expect(await keysOf(plane)).toEqual(["first"]);
});

test("a restore that is given up, or whose file is another backup by then, leaves what is in use, and it can be changed again", async () => {
  const runner = await bundle("main/runs/runner/main.ts", home.base);
  const plane = await open({ forkHelper: (_, env, name) => forkHelper(runner, env, name) });
  const { client } = plane;
  await fill(plane);
  const { path: file } = await client.backups.take({});
  const command = ["sleep", "700"];
  await client.agents.create({ name: "slow", adapter: "process", config: { command, instructions: "none" } });
  await client.routines.create({ routine: { title: "Long", agent: "slow" } });
  const { id } = await client.routines.run({ routine: "Long" });
  await eventually(async () => (await client.runs.get({ run: id })).status === "running");
  const restoring = refusalOf(client.restore.start({ file }));
  await eventually(async () => (await client.restore.state()).work?.phase === "loading");
  expect(await client.restore.cancel()).toEqual({ cancelled: true });
  expect(await restoring).toMatchObject({
    code: "backup_cancelled",
    message: "The restore was cancelled. The database is as it was; 1 run was ended for it.",
  });
  expect(await client.runs.get({ run: id })).toMatchObject({
    status: "interrupted",
    failure: { code: "ended_for_restore", message: "The run was ended for a restore or its undo." },
  });
  await client.secrets.create({ key: "second", value: "value-of-the-second" });
  const { identity } = await client.restore.preview({ file });
  const [first, second] = [`${file}.first`, (await client.backups.take({})).path];
  await copyFile(file, first);
  await copyFile(second, file);
  expect((await refusalOf(client.restore.start({ file, identity }))).code).toBe("backup_changed");
  // Also between its two readings, of which the second one is loaded.
  await copyFile(first, file);
  const replaced = refusalOf(client.restore.start({ file, identity }));
  await eventually(async () => (await client.restore.state()).work?.phase === "stopping");
  await rename(second, file);
  expect((await replaced).code).toBe("backup_changed");
  await client.secrets.create({ key: "third", value: "value-of-the-third" });
  expect((await readdir(paths.root)).filter((name) => name.startsWith("db"))).toEqual(["db"]);
  await rename(first, file);
  expect(await client.restore.start({ file, identity })).toMatchObject({ kind: "restore" });
  expect(await keysOf(plane)).toEqual(["first"]);
});

test("a damaged database is replaced where nothing else can be done with the instance", async () => {
  const plane = await open();
  await fill(plane);
  const { path: file } = await plane.client.backups.take({});
  await close(plane);
  await rm(path.join(paths.db, "PG_VERSION"));
  expect(await refusalOf(open())).toMatchObject({
    code: "database_unavailable",
    next: expect.stringContaining("`paperclip-desktop db:restore FILE` restores a backup"),
  });

  const rescued = await open({ kind: "command", rescue: true });
  const { client } = rescued;
  expect((await refusalOf(client.secrets.list({}))).code).toBe("database_unavailable");
  expect(await client.restore.preview({ file })).toMatchObject({ current: null, keys: { state: "current" } });
  const { kept } = await client.restore.start({ file });
  expect(kept).toMatchObject({ before: "restore" });
  expect(await keysOf(rescued)).toEqual(["first"]);
  // What was damaged is kept as it was, and does not come back by itself.
  expect(await refusalOf(client.restore.undo({}))).toMatchObject({
    code: "database_unavailable",
    message: expect.stringContaining("Nothing was undone: what is kept does not open."),
  });
  expect(await keysOf(rescued)).toEqual(["first"]);
});

test("a database that is damaged and dies while the app runs is replaced by it", async () => {
  const plane = await open();
  const { client } = plane;
  await fill(plane);
  const { path: file } = await client.backups.take({});
  await rm(path.join(paths.db, "PG_VERSION"));
  const leader = (await serversOn(paths.db)).find(({ leads }) => leads);
  if (!leader) throw new Error("no server leads");
  process.kill(leader.pid, "SIGKILL");
  const databaseIs = async () => (await client.system.status()).database.state;
  await eventually(async () => (await databaseIs().catch(() => "ready")) !== "ready");

  expect((await client.backups.list()).backups).toHaveLength(1);
  expect(await client.restore.state()).toMatchObject({ work: null, hold: null, kept: [] });
  const preview = await client.restore.preview({ file });
  expect(preview).toMatchObject({ current: null, refused: null, keys: { state: "current" } });

  const restoring = refusalOf(client.restore.start({ file }));
  await eventually(async () => (await client.restore.state()).work?.phase === "loading");
  await client.restore.cancel();
  expect((await restoring).code).toBe("backup_cancelled");
  // It is as damaged as before, and whoever asks is told so.
  expect((await refusalOf(client.secrets.list({}))).code).toBe("database_unavailable");
  await client.restore.start({ file });
  expect(await keysOf(plane)).toEqual(["first"]);
});
