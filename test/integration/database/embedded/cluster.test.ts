import { cp, mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { binariesIn, findBinaries, type Binaries } from "../../../../main/database/embedded/binaries.ts";
import { serversOn } from "../../../../main/database/embedded/former.ts";
import { startEmbedded, type EmbeddedServer } from "../../../../main/database/embedded/supervisor.ts";
import { acquireOwnership, type Ownership } from "../../../../main/instance/lock.ts";
import { refusalOf } from "../../../fixtures/conditions.ts";
import { memoryLog, testHome, type TestHome } from "../../../fixtures/home.ts";

let home: TestHome;
let owner: Ownership | undefined;
const running: EmbeddedServer[] = [];
beforeEach(async () => {
  home = await testHome();
});
afterEach(async () => {
  for (const server of running.splice(0)) await server.stop();
  await owner?.release();
  await home.remove();
});

async function start(which = home, binaries?: Binaries): Promise<EmbeddedServer> {
  await owner?.release();
  owner = await acquireOwnership(which.paths, { kind: "command" });
  const { runtimeDirectory } = owner;
  const server = await startEmbedded({
    paths: which.paths,
    runtimeDirectory,
    log: memoryLog(),
    ...(binaries ? { binaries } : {}),
  });
  running.push(server);
  return server;
}

async function query<T extends pg.QueryResultRow>(server: EmbeddedServer, text: string): Promise<T[]> {
  const client = new pg.Client({ ...server.connection });
  await client.connect();
  try {
    return (await client.query<T>(text)).rows;
  } finally {
    await client.end();
  }
}

describe("a first start", () => {
  test("makes a cluster that takes every text, checks its pages and listens on a private socket alone", async () => {
    const server = await start();
    const [facts] = await query(
      server,
      `select current_setting('server_encoding') as encoding, current_setting('data_checksums') as checksums,
        upper('čř日本') as upper, current_setting('listen_addresses') as addresses,
        current_setting('password_encryption') as passwords, current_setting('data_directory') as directory,
        (select datlocprovider::text || ' ' || datlocale from pg_database where datname = current_database()) as locale`,
    );
    expect(facts).toEqual({
      encoding: "UTF8",
      checksums: "on",
      upper: "ČŘ日本",
      addresses: "",
      passwords: "scram-sha-256",
      directory: home.paths.db,
      locale: "b C.UTF-8",
    });
    const socket = server.connection.host ?? "";
    const modes = await Promise.all(
      [
        socket,
        home.paths.db,
        path.join(home.paths.db, "paperclip.json"),
        path.join(home.paths.logs, "postgres.log"),
      ].map(async (entry) => (await stat(entry)).mode & 0o777),
    );
    expect(modes).toEqual([0o700, 0o700, 0o600, 0o600]);
    await expect(query({ ...server, connection: { ...server.connection, password: "x" } }, "select 1")).rejects.toThrow(
      "password authentication failed",
    );
  });

  test("works where the app itself is in a folder that only root enters", async () => {
    const folder = path.join(home.base, "closed");
    await mkdir(folder, { mode: 0o700 });
    const { directory } = await findBinaries();
    await cp(directory, path.join(folder, "package"), { recursive: true, verbatimSymlinks: true });
    const server = await start(home, await binariesIn(path.join(folder, "package")));
    expect(await query(server, "select 1 as one")).toEqual([{ one: 1 }]);
  });

  test("leaves its password in no argument, log or other file, and runs under an account that is not root", async () => {
    const server = await start();
    const password = server.connection.password ?? "";
    const leader = (await serversOn(home.paths.db)).find(({ leads }) => leads);
    expect(await readFile(`/proc/${leader?.pid}/cmdline`, "latin1")).not.toContain(password);
    expect(await readFile(`/proc/${leader?.pid}/environ`, "latin1")).not.toContain(password);
    const status = await readFile(`/proc/${leader?.pid}/status`, "latin1");
    expect(Number(/^Uid:\s+(\d+)/m.exec(status)?.[1])).toBeGreaterThan(0);
    const files = await readdir(home.paths.root, { recursive: true, withFileTypes: true });
    const holders: string[] = [];
    for (const file of files.filter((entry) => entry.isFile())) {
      const full = path.join(file.parentPath, file.name);
      // The server that runs writes some files beside the one that they replace: such a one may be gone by now.
      const text = await readFile(full, "latin1").catch(() => "");
      if (text.includes(password)) holders.push(file.name);
    }
    expect(holders).toEqual(["paperclip.json"]);
    expect((await readdir(home.paths.root)).toSorted()).toEqual(["db", "logs", "owner.lock"]);
  });

  test("makes everything private whatever the umask", async () => {
    const before = process.umask(0);
    try {
      const server = await start();
      await server.stop();
    } finally {
      process.umask(before);
    }
    const files = await readdir(home.paths.home, { recursive: true, withFileTypes: true });
    const open: string[] = [];
    for (const file of files) {
      const full = path.join(file.parentPath, file.name);
      if (((await stat(full)).mode & 0o077) !== 0) open.push(full);
    }
    expect(open).toEqual([]);
  });

  test("uses an empty directory, and one that a link leads to", async () => {
    const target = path.join(home.base, "elsewhere");
    await mkdir(target);
    await mkdir(home.paths.root, { recursive: true });
    await symlink(target, home.paths.db);
    const server = await start();
    await query(server, "create table kept as select 1 as one");
    await server.stop();
    expect(await readdir(target)).toContain("PG_VERSION");
    expect(await query(await start(), "select one from kept")).toEqual([{ one: 1 }]);
  });

  test("clears away what an interrupted one left, and nothing else", async () => {
    const left = path.join(home.paths.root, "db.init-0b0e0d1c-3f0f-4b53-8d4b-0a9f1b2c3d4e", "data");
    await mkdir(left, { recursive: true });
    await writeFile(path.join(left, "PG_VERSION"), "18\n");
    await mkdir(path.join(home.paths.root, "db.init-mine"));
    await start();
    expect((await readdir(home.paths.root)).toSorted()).toEqual(["db", "db.init-mine", "logs", "owner.lock"]);
  });

  test.each([
    ["with spaces, quotes and other letters", `Petra's "new" home – žluťoučký 日本`],
    ["that is longer than a socket's path", `${"deep/".repeat(30)}end`],
  ])("works in a home %s", async (_, name) => {
    const other = await testHome(name);
    try {
      const server = await start(other);
      expect(await query(server, "select 1 as one")).toEqual([{ one: 1 }]);
      await server.stop();
      const again = await start(other);
      expect(await query(again, "select 1 as one")).toEqual([{ one: 1 }]);
      await again.stop();
    } finally {
      await other.remove();
    }
  });
});

describe("a later start", () => {
  test("finds what was stored", async () => {
    const first = await start();
    await query(first, "create table kept as select '日本 🙂' as text");
    await first.stop();
    expect(first.condition.state()).toBe("stopped");
    expect(await serversOn(home.paths.db)).toEqual([]);
    const second = await start();
    expect(await query(second, "select text from kept")).toEqual([{ text: "日本 🙂" }]);
  });

  test("of a directory that somebody else filled is refused, and the directory left alone", async () => {
    await mkdir(home.paths.db, { recursive: true });
    await writeFile(path.join(home.paths.db, "PG_VERSION"), "18\n");
    await writeFile(path.join(home.paths.db, "theirs"), "x");
    expect((await refusalOf(start())).code).toBe("database_unmarked");
    expect((await readdir(home.paths.db)).toSorted()).toEqual(["PG_VERSION", "theirs"]);
    expect((await readdir(home.paths.root)).toSorted()).toEqual(["db", "logs", "owner.lock"]);
  });

  test("of another major version is refused by both numbers", async () => {
    const server = await start();
    await server.stop();
    await writeFile(path.join(home.paths.db, "PG_VERSION"), "17\n");
    const refusal = await refusalOf(start());
    expect(refusal.code).toBe("database_major");
    expect(refusal.message).toMatch(/PostgreSQL 17.*PostgreSQL 18/);
    await writeFile(path.join(home.paths.db, "PG_VERSION"), "18\n");
    await start();
  });

  test("of a damaged cluster is refused and makes no new one", async () => {
    const server = await start();
    await server.stop();
    await writeFile(path.join(home.paths.db, "paperclip.json"), "{");
    const refusal = await refusalOf(start());
    expect(refusal.code).toBe("database_unavailable");
    expect(refusal.message).toContain("damaged");
    expect(await readdir(home.paths.db)).toContain("global");
  });

  test("behind a link that leads nowhere is refused", async () => {
    await mkdir(home.paths.root, { recursive: true });
    await symlink(path.join(home.base, "unmounted"), home.paths.db);
    expect((await refusalOf(start())).message).toContain("leads to a place that is gone");
  });
});
