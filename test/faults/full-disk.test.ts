import { execFileSync } from "node:child_process";
import { open, readdir, rm, statfs } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { eventually, refusalOf } from "../fixtures/conditions.ts";
import { testInstance, type TestInstance } from "../fixtures/instance.ts";
import { ownerClient } from "../fixtures/owner-client.ts";

// Needs root on Linux, to mount a small file system of its own.

test("a full disk is a clear error, loses nothing acknowledged, and ends when there is space again", async () => {
  const instance = await testInstance();
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=200m,mode=0755", "none", instance.home]);
  try {
    await instance.serve();
    await instance.json(["companies", "create", "--name", "Acme", "--prefix", "ACM"]);
    const filler = await fill(instance.home);
    const { acknowledged, refused } = await writeUntilRefused(instance);
    expect(["disk_full", "database_unavailable"]).toContain(refused.code);
    expect(refused.message).not.toBe("");

    await rm(filler);
    await untilReady(instance);
    const { secrets } = await instance.json<{ secrets: { key: string }[] }>(["secrets", "list"]);
    const present = new Set(secrets.map((secret) => secret.key));
    expect(acknowledged.filter((key) => !present.has(key))).toEqual([]);
    await instance.json(["secrets", "create", "--key", "afterwards", "--value-stdin"], { input: "some-value" });
    await instance.run(["stop"]);
  } finally {
    execFileSync("umount", ["--lazy", instance.home]);
    await instance.remove();
  }
});

test("a disk that fills up while a restore loads leaves the old state whole, and the restore takes place when there is space again", async () => {
  const instance = await testInstance();
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=600m,mode=0755", "none", instance.home]);
  try {
    await instance.serve();
    const create = (key: string) =>
      instance.json(["secrets", "create", "--key", key, "--value-stdin"], { input: `value-of-${key}` });
    const keys = async () => {
      const { secrets } = await instance.json<{ secrets: { key: string }[] }>(["secrets", "list"]);
      return secrets.map(({ key }) => key).toSorted();
    };
    await instance.json(["companies", "create", "--name", "Acme", "--prefix", "ACM"]);
    await create("before");
    const { path: file } = await instance.json<{ path: string }>(["db:backup"]);
    await create("since");
    const { client, close } = await ownerClient(instance);
    const restoring = refusalOf(client.restore.start({ file }));
    await eventually(async () => (await client.restore.state()).work?.phase === "loading");
    const filler = await fill(instance.home);
    expect(["disk_full", "database_unavailable"]).toContain((await restoring).code);
    await untilReady(instance);
    expect(await keys()).toEqual(["before", "since"]);
    expect((await readdir(instance.root)).filter((name) => name.startsWith("db"))).toEqual(["db"]);
    expect(await client.restore.state()).toMatchObject({ work: null, kept: [], hold: null });

    await rm(filler);
    await create("afterwards");
    expect(await client.restore.start({ file })).toMatchObject({ kind: "restore", opens: true });
    expect(await keys()).toEqual(["before"]);
    await client.restore.undo({});
    expect(await keys()).toEqual(["afterwards", "before", "since"]);
    await close();
    await instance.run(["stop"]);
  } finally {
    execFileSync("umount", ["--lazy", instance.home]);
    await instance.remove();
  }
});

/** Leaves a few hundred kilobytes, so that the database still takes some writes. */
async function fill(directory: string): Promise<string> {
  const file = path.join(directory, "filler");
  const handle = await open(file, "w");
  const block = Buffer.alloc(256 * 1024);
  for (;;) {
    const { bavail, bsize } = await statfs(directory);
    if (bavail * bsize < 2 * block.length) break;
    await handle.write(block);
  }
  await handle.close();
  return file;
}

async function writeUntilRefused(instance: TestInstance) {
  const acknowledged: string[] = [];
  for (;;) {
    const key = `key-${acknowledged.length}`;
    const answer = await instance.run(["secrets", "create", "--key", key, "--value-stdin", "--json"], {
      input: "x".repeat(60_000),
    });
    if (answer.code !== 0) {
      const { error } = JSON.parse(answer.stderr) as { error: { code: string; message: string } };
      return { acknowledged, refused: error };
    }
    acknowledged.push(key);
  }
}

async function untilReady(instance: TestInstance): Promise<void> {
  for (;;) {
    const { database } = await instance.json<{ database: { state: string } }>(["status"]);
    if (database.state === "ready") return;
    if (database.state === "failed") await instance.run(["call", "database.retry"]);
  }
}
