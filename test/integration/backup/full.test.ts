import { execFileSync, spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, readlink, stat, truncate, writeFile } from "node:fs/promises";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { Decrypter, Encrypter } from "age-encryption";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createBackups, type Backups } from "../../../main/backup/backups.ts";
import { extractFullBackup } from "../../../main/backup/full/extract.ts";
import { readFullBackup } from "../../../main/backup/full/read.ts";
import { takeFullBackup, type FullProgress, type TakeFullOptions } from "../../../main/backup/full/take.ts";
import type { EntrySum } from "../../../main/backup/format.ts";
import { readMigrations } from "../../../main/database/migration-files.ts";
import { systemClock } from "../../../main/instance/clock.ts";
import { readConfig } from "../../../main/instance/config.ts";
import { instancePaths, type InstancePaths } from "../../../main/instance/paths.ts";
import { keyText, masterKey, type MasterKey } from "../../../main/secrets/master-key.ts";
import { makeCode } from "../../../main/secrets/recovery-copy.ts";
import { repack, unpack, type Unpacked } from "../../fixtures/backup-mutations.ts";
import { refusalOf } from "../../fixtures/conditions.ts";
import { testDatabase, type TestDatabase } from "../../fixtures/database.ts";
import { testHome, type TestHome } from "../../fixtures/home.ts";
import { isPrivate } from "../../fixtures/private.ts";
import { fill } from "./fixtures.ts";
import { fillInstance, giveKey, LINKS, takeFullOptions } from "./full-fixtures.ts";

const PASSPHRASE = "correct horse battery staple";
const NEVER = new AbortController().signal;

let home: TestHome;
let database: TestDatabase;
let paths: InstancePaths;
let key: MasterKey;
let code: string;
let recipient: string;
let options: TakeFullOptions;

beforeAll(async () => {
  ({ code, recipient } = await makeCode());
});
beforeEach(async () => {
  home = await testHome();
  database = await testDatabase();
  await fill(database);
  key = await giveKey(database);
  paths = instancePaths({ home: home.base }, {});
  await fillInstance(paths);
  options = await takeFullOptions(database, paths, { to: { recipient }, key });
});
afterEach(async () => {
  await database.close();
  await home.remove();
});

const reading = (file: string) => ({ file, opening: { code }, signal: NEVER });
const left = () => readdir(paths.root).then((names) => names.includes("scratch-full"));

describe("a full backup", () => {
  test("holds database, key, settings and files, and gives each back as it was", async () => {
    await mkdir(path.join(paths.root, "restore"));
    await writeFile(path.join(paths.root, "notes.txt"), "of the operator");
    const taken = await takeFullBackup(options);
    expect(await isPrivate(taken.path)).toBe(true);
    expect(await readdir(paths.backups)).toEqual([path.basename(taken.path)]);
    expect(await left()).toBe(false);
    expect(taken.header).toMatchObject({ key: { id: key.id }, settings: [".env", "config.json"] });
    expect(taken.files.count).toBe(6);
    expect(taken.links.count).toBe(3);
    expect(taken.leftOut.entries.map((one) => one.path)).not.toContain("workspaces/coder/link");
    const outside = new Map(taken.leftOut.entries.map(({ path: place, why }) => [place, why]));
    expect([...outside.keys()].filter((place) => !place.startsWith("workspaces/"))).toEqual([
      "data/backups",
      "logs",
      "notes.txt",
      "restore",
    ]);
    expect(outside.get("restore")).toContain("kept of restores");

    const into = path.join(home.base, "opened");
    const opened = await extractFullBackup(reading(taken.path), into);
    expect(opened.content).toMatchObject({ openedBy: "recovery", header: taken.header, files: taken.files });
    expect(opened.content.database.tables).toEqual(taken.database.tables);
    expect(await readFile(opened.key?.file ?? "", "utf8")).toBe(keyText(key));
    expect(await readFile(opened.settings.get("config.json") ?? "", "utf8")).toContain("concurrency");
    const long = `workspaces/${"ordner-ü/".repeat(12)}${"l".repeat(90)}.txt`;
    for (const name of ["workspaces/coder/notes.md", "data/storage/upload.bin", "logs/runs/1.log", long]) {
      const [was, is] = [path.join(paths.root, name), path.join(opened.files, name)];
      expect((await readFile(is)).equals(await readFile(was))).toBe(true);
      expect(Math.floor((await stat(is)).mtimeMs / 1_000)).toBe(Math.floor((await stat(was)).mtimeMs / 1_000));
      expect(await isPrivate(is)).toBe(true);
    }
    expect((await stat(path.join(opened.files, "workspaces/coder/run.sh"))).mode & 0o777).toBe(0o700);
    // Links come back as the texts that they were, wherever they point.
    for (const [name, target] of Object.entries(LINKS)) {
      expect(await readlink(path.join(opened.files, name))).toBe(target);
    }
  });

  test.skipIf(spawnSync("age", ["--version"]).error !== undefined)(
    "is opened by stock age, tar and gzip, down to the rows of a table",
    async () => {
      const taken = await takeFullBackup(options);
      const out = path.join(home.base, "out");
      await mkdir(out);
      await writeFile(path.join(out, "code"), `${code}\n`, { mode: 0o600 });
      const sh = (command: string) => execFileSync("sh", ["-ec", command], { cwd: out, encoding: "utf8" });
      sh(`age -d -i code "${taken.path}" | tar -xf -`);
      expect(sh("cat keys/*.key")).toBe(keyText(key));
      expect(sh("tail -c 6 files/workspaces/coder/notes.md")).toBe("notes\n");
      // As the format page says: the sum of the sums of the files, in their order.
      const sums = JSON.parse(await readFile(path.join(out, "sums.json"), "utf8"));
      const listed = sh(
        `age -d -i code "${taken.path}" | tar -tf - --quoting-style=literal | grep '^files/' | tr '\\n' '\\0' | xargs -0 sh -c 'for one; do [ -L "$one" ] || sha256sum "$one"; done' sh | sha256sum`,
      );
      expect(listed.slice(0, 64)).toBe(sums.files.sha256);
      const at = taken.database.header.tables.findIndex(({ name }) => name === "agents");
      const folder = `tables/${String(at + 1).padStart(4, "0")}-agents`;
      const rows = execFileSync("sh", ["-c", `gzip -dc database/${folder}/*.copy.gz`], { cwd: out });
      expect(createHash("sha256").update(rows).digest("hex")).toBe(taken.database.tables[at]?.sha256);
    },
  );

  test("is refused with what does not open it, before anything is given out", async () => {
    const taken = await takeFullBackup(options);
    const given: string[] = [];
    const visitor = { onKey: async () => void given.push("key") };
    const read = (opening: object) => refusalOf(readFullBackup({ ...reading(taken.path), opening }, visitor));
    expect(await read({})).toMatchObject({ code: "backup_sealed", message: expect.stringContaining("recovery code") });
    expect(await read({ passphrase: PASSPHRASE })).toMatchObject({ code: "backup_sealed" });
    expect(await read({ code: "AGE-SECRET" })).toMatchObject({ code: "recovery_code_invalid" });
    expect(await read({ code: (await makeCode()).code })).toMatchObject({ code: "recovery_code_wrong" });
    expect(given).toEqual([]);
    await truncate(taken.path, taken.bytes - 1);
    expect(await read({ code })).toMatchObject({ code: "backup_invalid" });
  });

  test("that is cancelled, whose key was changed, or that has no place leaves nothing", async () => {
    for (const stage of ["the start", "agents", "data/storage/upload.bin"]) {
      const cancelling = new AbortController();
      const onProgress = ({ at }: FullProgress) => void (at === stage && cancelling.abort());
      if (stage === "the start") cancelling.abort();
      const refusal = await refusalOf(takeFullBackup({ ...options, signal: cancelling.signal, onProgress }));
      expect(refusal.code).toBe("backup_cancelled");
      expect(await readdir(paths.backups)).toEqual([]);
      expect(await left()).toBe(false);
    }
    const other = masterKey(randomBytes(32));
    const changed = { ...options, key: async () => ({ id: other.id, text: keyText(other) }) };
    expect((await refusalOf(takeFullBackup(changed))).code).toBe("key_rotating");
    await writeFile(path.join(home.base, "file"), "");
    const nowhere = { ...options, directory: path.join(home.base, "file", "below") };
    expect((await refusalOf(takeFullBackup(nowhere))).code).toBe("instance_permissions");
    expect(await readdir(paths.backups)).toEqual([]);
  });

  test("is of an instance that never had a key or a file as well", async () => {
    await database.pool.query("delete from vault_keys");
    const bare = instancePaths({ home: path.join(home.base, "bare") }, {});
    const taken = await takeFullBackup(await takeFullOptions(database, bare, { to: { recipient }, key: null }));
    expect(await readFullBackup(reading(taken.path))).toMatchObject({
      header: { key: null, settings: [] },
      files: { count: 0 },
    });
  });
});

describe("the backups of an instance", () => {
  let backups: Backups;
  let inForce: string | null;
  beforeEach(async () => {
    inForce = null;
    const settings = (await readConfig(paths)).backups;
    backups = createBackups({
      paths,
      session: database.options,
      migrations: await readMigrations(path.resolve("migrations")),
      appVersion: "1.2.3",
      clock: systemClock,
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
      processEnv: process.env,
      key: options.key,
      recoveryRecipient: async () => inForce,
      settings: () => settings,
      automatic: false,
      changed: () => undefined,
    });
  });
  afterEach(() => backups.stop());

  test("list a full one without opening it, verify and prove it, and keep it whatever retention says", async () => {
    const taken = await backups.takeFull({ passphrase: PASSPHRASE });
    expect(taken).toMatchObject({ kind: "full", full: { openedBy: "passphrase", keyId: key.id, files: { count: 6 } } });
    expect((await backups.list()).backups).toEqual([
      {
        state: "sealed",
        kind: "full",
        path: taken.path,
        takenAt: taken.takenAt,
        bytes: taken.bytes,
        openedBy: "passphrase",
        reason: "manual",
        provenAt: null,
        provenDifferences: null,
      },
    ]);
    expect(await refusalOf(backups.verify(taken.path, false))).toMatchObject({ code: "backup_sealed" });
    const wrong = refusalOf(backups.verify(taken.path, false, { passphrase: "another passphrase" }));
    expect(await wrong).toMatchObject({
      code: "passphrase_wrong",
      message: expect.not.stringContaining("another pass"),
    });
    const proven = await backups.verify(taken.path, true, { passphrase: PASSPHRASE });
    expect(proven).toEqual({ ...taken, schemaDifferences: [], notNoted: null, provenAt: expect.stringMatching(/^20/) });
    expect((await backups.list()).backups).toMatchObject([{ provenAt: proven.provenAt }]);
    expect(await backups.prune(false)).toMatchObject({ backups: [] });
    expect(await left()).toBe(false);
  });

  test("take one to the recovery code in force, and refuse a weak passphrase", async () => {
    expect(await refusalOf(backups.takeFull({}))).toMatchObject({ code: "recovery_missing" });
    for (const passphrase of ["short", "aaaaaaaaaaaaaaaa", "with a\nline end in it", ""]) {
      expect(await refusalOf(backups.takeFull({ passphrase }))).toMatchObject({ code: "passphrase_weak" });
    }
    inForce = recipient;
    const taken = await backups.takeFull({});
    expect(taken.full).toMatchObject({ openedBy: "recovery" });
    expect(await backups.verify(taken.path, false, { code: code.toLowerCase() })).toMatchObject({ kind: "full" });
  });
});

describe("a full backup by somebody else, however well its sums are made,", () => {
  let into: string;
  let entries: Unpacked[];
  beforeEach(async () => {
    into = path.join(home.base, "into");
    await writeFile(path.join(paths.root, "data/storage/upload.bin"), "small");
    const taken = await takeFullBackup(options);
    const decrypter = new Decrypter();
    decrypter.addIdentity(code);
    entries = await unpack(Buffer.from(await decrypter.decrypt(await readFile(taken.path))));
  });

  /** Opens these entries with sums of them. */
  async function open(all: readonly Unpacked[]) {
    const links = createHash("sha256");
    let count = 0;
    const sums: EntrySum[] = [];
    const forged = all.map(({ header, data }) => {
      const { name, type, linkname } = header;
      if (name === "sums.json") {
        const told = { entries: sums, links: { count, sha256: links.digest("hex") } };
        return { header, data: Buffer.from(JSON.stringify({ ...JSON.parse(data.toString("utf8")), ...told })) };
      }
      if (type === "symlink") links.update(`${JSON.stringify([name, linkname])}\n`);
      if (type === "symlink") count += 1;
      else if (!name.startsWith("files/"))
        sums.push({ name, bytes: data.length, sha256: createHash("sha256").update(data).digest("hex") });
      return { header, data };
    });
    const encrypter = new Encrypter();
    encrypter.addRecipient(recipient);
    const file = path.join(home.base, "forged.tar.age");
    await writeFile(file, await encrypter.encrypt(await repack(forged)));
    return extractFullBackup({ ...reading(file) }, into);
  }

  async function expectRefused(all: readonly Unpacked[], why: string): Promise<void> {
    expect({ why, ...(await refusalOf(open(all))) }).toMatchObject({ why, code: "backup_invalid" });
    expect((await readdir(home.base)).filter((name) => name === "into" || name === "outside")).toEqual([]);
  }

  test("leads nobody out by a link while it is opened", async () => {
    const outside = path.join(home.base, "elsewhere");
    await mkdir(outside);
    const withLinks = (links: Readonly<Record<string, string>>): Unpacked[] => {
      const others = entries.filter(({ header }) => header.type !== "symlink");
      const forged = Object.entries(links).map(([name, linkname]) => ({
        header: { name, type: "symlink" as const, linkname, mode: 0o777 },
        data: Buffer.alloc(0),
      }));
      return others.toSpliced(indexOf(others, "left-out.json"), 0, ...forged);
    };
    for (const links of [
      { "files/workspaces/coder/a": outside, "files/workspaces/coder/a/b": "x" },
      { "files/workspaces/coder/notes.md": outside },
      { "files/workspaces/coder/notes.md/x": outside },
      { "files/workspaces/../../x": outside },
      { "files/secrets/x": outside },
      { "files/workspaces": outside },
      { "files/workspaces/coder/z": outside, "files/workspaces/coder/a": outside },
      { "files/workspaces/coder/a": "" },
    ]) {
      await expectRefused(withLinks(links), JSON.stringify(links));
      expect(await readdir(outside)).toEqual([]);
    }
    await open(withLinks({ "files/workspaces/coder/a": outside, "files/workspaces/coder/b": "a" }));
    expect(await readlink(path.join(into, "files/workspaces/coder/a"))).toBe(outside);
  });

  test("is refused where the entries of its database are not those of a backup in their order", async () => {
    const first = entries.findIndex(({ header }) => header.name.startsWith("database/tables/0002-"));
    const [one, other, last] = [entries[first], entries[first + 1], indexOf(entries, "left-out.json")];
    if (!one || !other) throw new Error("there are no tables");
    const named = (name: string, type?: "symlink") => ({
      header: { name, ...(type ? { type, linkname: "/etc/passwd" } : {}) },
      data: type ? Buffer.alloc(0) : Buffer.from("x"),
    });
    const sumsInside = indexOf(entries, "database/sums.json");
    for (const [why, all] of Object.entries({
      swapped: entries.toSpliced(first, 2, other, one),
      missing: entries.toSpliced(first, 1),
      twice: entries.toSpliced(first, 0, one),
      "without sums": entries.toSpliced(sumsInside, 1),
      "with something after its sums": entries.toSpliced(sumsInside + 1, 0, named("database/x")),
      "after the files": entries.toSpliced(last, 0, one),
      "before the header": [...entries.slice(first, first + 1), ...entries.toSpliced(first, 1)],
      "led out": entries.toSpliced(first, 0, named("database/../x")),
      "led out absolutely": entries.toSpliced(first, 0, named("/tmp/x")),
      "a link": entries.toSpliced(first, 1, named(one.header.name, "symlink")),
      "with other rows": entries.toSpliced(first, 1, { ...one, data: gzipSync("other\n") }),
      "blown up": entries.toSpliced(first, 1, { ...one, data: gzipSync(Buffer.alloc(20 * 1024 * 1024)) }),
      "none at all": entries.filter(({ header }) => !header.name.startsWith("database/")),
      "one entry, as in former formats": [
        ...entries.slice(0, indexOf(entries, "database/header.json")),
        named("database/paperclip-20260101T000000000Z-manual.tar"),
        ...entries.slice(sumsInside + 1),
      ],
    })) {
      await expectRefused(all, why);
    }
    await open(entries);
  });
});

function indexOf(entries: readonly Unpacked[], name: string): number {
  return entries.findIndex(({ header }) => header.name === name);
}
