import { randomBytes } from "node:crypto";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fileKeyPlace } from "../../../main/secrets/file-key-place.ts";
import type { KeyPlace } from "../../../main/secrets/key-place.ts";
import { keyText, masterKey } from "../../../main/secrets/master-key.ts";

let root: string;
let secretsDirectory: string;
let keyFile: string;
let place: KeyPlace;
beforeEach(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), "pcd place ü "));
  secretsDirectory = path.join(root, "secrets");
  keyFile = path.join(secretsDirectory, "master.key");
  place = fileKeyPlace({ secretsDirectory, keyFile, keyFileIsDefault: true });
});
afterEach(() => rm(root, { recursive: true, force: true }));

const someKey = () => masterKey(randomBytes(32));
const files = async () => (await readdir(secretsDirectory)).toSorted();
const now = new Date("2026-11-21T10:20:30.400Z");

describe("a key file as the place of the master key", () => {
  test("makes the first key once, and answers with the one that is there afterwards", async () => {
    expect(await place.read()).toMatchObject({ key: null, absent: true, custody: "file" });
    const first = await place.create();
    await writeFile(`${keyFile}.unfinished`, "left by a kill");
    expect((await place.create()).id).toBe(first.id);
    expect(await files()).toEqual(["master.key"]);
    expect((await place.read()).key?.id).toBe(first.id);
  });

  test("keeps a next key beside the one in use until it is put in place or discarded", async () => {
    const first = await place.create();
    expect(await place.readNext()).toBeNull();
    const [dropped, next] = [someKey(), someKey()];
    await place.writeNext(dropped);
    await place.writeNext(next);
    expect((await stat(`${keyFile}.next`)).mode & 0o777).toBe(0o600);
    expect((await place.readNext())?.id).toBe(next.id);
    expect((await place.read()).key?.id).toBe(first.id);
    await place.promoteNext();
    expect((await place.read()).key?.id).toBe(next.id);
    await place.promoteNext();
    expect((await place.read()).key?.id).toBe(next.id);
    await place.writeNext(dropped);
    await place.discardNext();
    await place.discardNext();
    expect(await place.readNext()).toBeNull();
    expect(await files()).toEqual(["master.key"]);
  });

  test("takes half a next key for none", async () => {
    await place.create();
    await writeFile(`${keyFile}.next`, keyText(someKey()).slice(0, 20), { mode: 0o600 });
    expect(await place.readNext()).toBeNull();
    await place.writeNext(someKey());
    expect(await place.readNext()).not.toBeNull();
  });

  test("puts a key where nothing is, the directory too", async () => {
    const key = someKey();
    expect(await place.put(key, now)).toBeNull();
    expect((await place.read()).key?.id).toBe(key.id);
    expect((await stat(secretsDirectory)).mode & 0o777).toBe(0o700);
  });

  test.each([
    ["another key", () => writeFile(keyFile, "not a key")],
    ["a symlink", () => symlink("elsewhere", keyFile)],
    ["a directory", () => mkdir(keyFile)],
  ])("puts a key in the place of %s, which is kept beside it", async (_, stands) => {
    await mkdir(secretsDirectory);
    await chmod(secretsDirectory, 0o700);
    await stands();
    const key = someKey();
    const aside = await place.put(key, now);
    expect(aside).toBe(`${keyFile}.replaced-2026-11-21T10-20-30.400Z`);
    expect(await files()).toEqual(["master.key", "master.key.replaced-2026-11-21T10-20-30.400Z"]);
    expect((await place.read()).key?.id).toBe(key.id);
  });

  test("at the operator's path is not replaced, and made only where nothing is", async () => {
    const own = fileKeyPlace({ secretsDirectory, keyFile, keyFileIsDefault: false });
    expect(own.fixed?.message).toContain(keyFile);
    const key = someKey();
    expect(await own.put(key, now)).toBeNull();
    await expect(own.put(someKey(), now)).rejects.toThrow("a path of your choice");
    expect(await readFile(keyFile, "utf8")).toBe(keyText(key));
    expect(await files()).toEqual(["master.key"]);
  });
});
