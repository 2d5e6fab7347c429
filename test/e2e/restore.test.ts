import { mkdir, readdir, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { testInstance } from "../fixtures/instance.ts";
import { restoreKills } from "../fixtures/restore-kills.ts";

test("a lost machine comes back from one file and its passphrase: database, key, files and settings", async () => {
  const instance = await testInstance();
  const keys = async (options = {}) =>
    (await instance.json<{ secrets: { key: string }[] }>(["secrets", "list"], options)).secrets.map(({ key }) => key);
  try {
    const owner = await instance.serve();
    await instance.json(["companies", "create", "--name", "Acme", "--prefix", "ACM"]);
    await instance.json(["secrets", "create", "--key", "first", "--value-stdin"], { input: "value-of-the-first" });
    await writeFile(path.join(instance.root, "workspaces", "notes.txt"), "what an agent wrote");
    await instance.json(["configure", "--section", "backups", "--set", "intervalMinutes=7"]);
    const words = path.join(instance.temporary, "passphrase.txt");
    await writeFile(words, "correct horse battery staple, twice");
    const sealed = ["--passphrase-file", words];
    const { path: file } = await instance.json<{ path: string }>(["db:backup", "--full", ...sealed]);
    await instance.run(["stop"]);
    await owner.ended;

    const home = path.join(instance.temporary, "new");
    const options = { env: { PAPERCLIP_HOME: home } };
    const root = path.join(home, "instances", "default");
    await mkdir(path.join(root, "workspaces"), { recursive: true });
    await writeFile(path.join(root, "workspaces", "mine.txt"), "of this machine");
    const unopened = await instance.run(["db:restore", file, "--yes", "--json"], options);
    expect([unopened.code, unopened.stderr]).toEqual([1, expect.stringContaining("backup_sealed")]);
    const preview = await instance.json<{ keys: object }>(["db:restore", file, "--preview", ...sealed], options);
    expect(preview).toMatchObject({ kind: "full", keys: { state: "inside" }, refused: null });
    const restored = await instance.json<object>(["db:restore", file, "--yes", ...sealed], options);
    expect(restored).toMatchObject({ kind: "restore", opens: true });
    expect(await keys(options)).toEqual(["first"]);
    const status = await instance.json<object>(["status"], options);
    expect(status).toMatchObject({ vault: { state: "ready", custody: "file" }, held: { kind: "restore" } });
    expect(await readdir(path.join(root, "workspaces"))).toEqual(["notes.txt"]);
    const { values } = await instance.json<{ values: object }>(["configure", "--section", "backups"], options);
    expect(values).toMatchObject({ intervalMinutes: 7 });
    expect((await stat(path.join(root, "secrets", "master.key"))).mode & 0o777).toBe(0o600);
    expect(await readdir(path.join(root, "restore"))).toEqual(["kept"]);

    await instance.json(["db:restore-undo", "--yes"], options);
    expect(await readdir(path.join(root, "workspaces"))).toEqual(["mine.txt"]);
    expect(await instance.json(["companies", "list"], options)).toMatchObject({ companies: [] });
  } finally {
    await instance.remove();
  }
});

// The short form of test/faults/restore.test.ts.
test("a restore and its undo that are killed leave the old state or the new one, whole", async () => {
  const outcomes = await restoreKills(2);
  expect([...outcomes.values()].reduce((sum, times) => sum + times, 0)).toBe(2);
});
