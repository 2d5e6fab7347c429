import {
  chmod,
  chown,
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { asRefusal } from "../../../main/contract/refusal.ts";
import { clearUnfinished, createKeyFile, readOperatorKeyFile, readOwnKeyFile } from "../../../main/secrets/key-file.ts";

let root: string;
let directory: string;
let file: string;
beforeEach(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), "pcd key ü "));
  directory = path.join(root, "secrets");
  file = path.join(directory, "master.key");
});
afterEach(() => rm(root, { recursive: true, force: true }));

const modeOf = async (entry: string) => (await stat(entry)).mode & 0o777;
const read = () => readOwnKeyFile(file, directory);
const isRoot = process.geteuid?.() === 0;

describe("a new key file", () => {
  test("is base64 of 32 bytes and a line end, 0600 in 0700, whatever the umask", async () => {
    const before = process.umask(0o777);
    const key = await createKeyFile(file).finally(() => process.umask(before));
    const text = await readFile(file, "utf8");
    expect(text).toMatch(/^[A-Za-z0-9+/]{43}=\n$/);
    expect(Buffer.from(text, "base64")).toEqual(key.bytes);
    expect(await modeOf(file)).toBe(0o600);
    expect(await modeOf(directory)).toBe(0o700);
    expect(await readdir(directory)).toEqual(["master.key"]);
    expect(await read()).toEqual({ state: "read", key, mode: 0o600, findings: [] });
  });

  test("never replaces a file that is there", async () => {
    await mkdir(directory, { mode: 0o700 });
    await writeFile(file, "what was there", { mode: 0o600 });
    const refusal = asRefusal(await createKeyFile(file).catch((error: unknown) => error));
    expect(refusal?.code).toBe("key_invalid");
    expect(await readFile(file, "utf8")).toBe("what was there");
    expect(await readdir(directory)).toEqual(["master.key"]);
  });

  test("that was killed on the way is made anew, and leaves no second name", async () => {
    await mkdir(directory, { mode: 0o700 });
    await writeFile(`${file}.unfinished`, "half a k");
    const key = await createKeyFile(file);
    expect(await readdir(directory)).toEqual(["master.key"]);
    await link(file, `${file}.unfinished`);
    await clearUnfinished(file);
    expect(await readdir(directory)).toEqual(["master.key"]);
    expect(await read()).toMatchObject({ state: "read", key });
  });
});

describe("our own key file", () => {
  test("is missing where it or its directory is", async () => {
    expect(await read()).toEqual({ state: "missing", findings: [] });
    await mkdir(directory, { mode: 0o700 });
    expect(await read()).toEqual({ state: "missing", findings: [] });
    expect(await readdir(directory)).toEqual([]);
  });

  test.each([0o644, 0o640, 0o604, 0o660, 0o666, 0o700, 0o777])("of mode %o is tightened and reported", async (mode) => {
    const key = await createKeyFile(file);
    await chmod(file, mode);
    const reading = await read();
    expect(reading).toMatchObject({ state: "read", key, findings: [{ level: "warn" }] });
    expect(reading.findings[0]?.message).toContain(`0${mode.toString(8)}`);
    expect(await modeOf(file)).toBe(0o600);
    expect((await read()).findings).toEqual([]);
  });

  test("in a directory that others may enter: the directory is tightened and reported", async () => {
    await createKeyFile(file);
    await chmod(directory, 0o755);
    expect(await read()).toMatchObject({ state: "read", findings: [{ level: "warn" }] });
    expect(await modeOf(directory)).toBe(0o700);
    expect((await read()).findings).toEqual([]);
  });

  test("that is read-only for its owner is left so", async () => {
    await createKeyFile(file);
    await chmod(file, 0o400);
    expect(await read()).toMatchObject({ state: "read", findings: [] });
    expect(await modeOf(file)).toBe(0o400);
  });

  test("as a symlink, to a good key too, is refused", async () => {
    const elsewhere = path.join(root, "elsewhere", "key");
    await createKeyFile(elsewhere);
    await mkdir(directory, { mode: 0o700 });
    await symlink(elsewhere, file);
    const reading = await read();
    expect(reading).toMatchObject({ state: "refused", findings: [{ level: "error" }] });
    expect(reading.findings[0]?.message).toContain("symlink");
  });

  test("below a directory that is a symlink is refused", async () => {
    await createKeyFile(path.join(root, "elsewhere", "master.key"));
    await symlink(path.join(root, "elsewhere"), directory);
    expect(await read()).toMatchObject({ state: "refused" });
  });

  test("as a directory is refused", async () => {
    await mkdir(file, { recursive: true, mode: 0o700 });
    expect(await read()).toMatchObject({ state: "refused" });
  });

  test.runIf(isRoot)("of another owner is refused, and so is a directory of another owner", async () => {
    await createKeyFile(file);
    await chown(file, 65_534, 65_534);
    const reading = await read();
    expect(reading).toMatchObject({ state: "refused", findings: [{ level: "error" }] });
    expect(reading.findings[0]?.message).toContain("uid 65534");
    await chown(file, 0, 0);
    await chown(directory, 65_534, 65_534);
    expect(await read()).toMatchObject({ state: "refused" });
  });

  test.each([0, 1, 20, 42])("cut to %d bytes is refused, and left as it is", async (bytes) => {
    await createKeyFile(file);
    await truncate(file, bytes);
    const reading = await read();
    expect(reading).toMatchObject({ state: "refused", findings: [{ level: "error" }] });
    expect(reading.findings[0]?.message).toContain(`${bytes} bytes`);
    expect((await stat(file)).size).toBe(bytes);
  });

  test("with other content is refused without showing it", async () => {
    await createKeyFile(file);
    for (const content of ["canary is not a key", `canary${"x".repeat(1_000_000)}`]) {
      await writeFile(file, content);
      const reading = await read();
      expect(reading.state).toBe("refused");
      expect(JSON.stringify(reading)).not.toContain("canary");
    }
  });
});

describe("a key file at a path of the operator's choice", () => {
  test("is missing where there is none", async () => {
    expect(await readOperatorKeyFile(path.join(root, "none"))).toEqual({ state: "missing", findings: [] });
  });

  test("is read and never changed: a wide mode and a symlink are reported", async () => {
    const key = await createKeyFile(file);
    expect(await readOperatorKeyFile(file)).toMatchObject({ state: "read", key, findings: [] });
    await chmod(file, 0o644);
    await chmod(directory, 0o755);
    const wide = await readOperatorKeyFile(file);
    expect(wide).toMatchObject({ state: "read", key, mode: 0o644, findings: [{ level: "warn" }] });
    expect(await modeOf(file)).toBe(0o644);
    expect(await modeOf(directory)).toBe(0o755);
    const linked = path.join(root, "mounted");
    await symlink(file, linked);
    const reading = await readOperatorKeyFile(linked);
    expect(reading).toMatchObject({ state: "read", key, findings: [{ level: "warn" }, { level: "warn" }] });
  });

  test.runIf(isRoot)("of another owner is taken", async () => {
    await createKeyFile(file);
    await chown(file, 65_534, 65_534);
    expect(await readOperatorKeyFile(file)).toMatchObject({ state: "read" });
  });

  test("that leads nowhere, is a directory or holds no key is refused", async () => {
    const linked = path.join(root, "mounted");
    await symlink(path.join(root, "nowhere"), linked);
    expect(await readOperatorKeyFile(linked)).toMatchObject({ state: "refused" });
    expect(await readOperatorKeyFile(root)).toMatchObject({ state: "refused" });
    await writeFile(path.join(root, "bad"), "not a key");
    expect(await readOperatorKeyFile(path.join(root, "bad"))).toMatchObject({ state: "refused" });
  });
});
