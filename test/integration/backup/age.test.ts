import { execFile, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AGE_HEAD_BYTES, isAge, readAgeHead } from "../../../main/backup/age-header.ts";
import type { Opens, SealedTo } from "../../../main/backup/age-messages.ts";
import { openAge, sealFor } from "../../../main/backup/age.ts";
import { Damaged, NotOpened } from "../../../main/backup/damaged.ts";
import { makeCode } from "../../../main/secrets/recovery-copy.ts";
import { ageEntry } from "../../fixtures/age-entry.ts";
import { testHome, type TestHome } from "../../fixtures/home.ts";

let entry: Awaited<ReturnType<typeof ageEntry>>;
let home: TestHome;
beforeAll(async () => {
  entry = await ageEntry();
  home = await testHome();
});
afterAll(async () => {
  await entry.remove();
  await home.remove();
});

async function* pieces(data: Buffer, size: number) {
  for (let at = 0; at < data.length; at += size) yield data.subarray(at, at + size);
}
/** By the cipher of this Node, or by the library on its thread, as under Electron. */
type Task = { readonly type: "seal"; readonly to: SealedTo } | { readonly type: "open"; readonly by: Opens };

async function* throughAge(native: boolean, task: Task, input: AsyncIterable<Uint8Array>) {
  const options = { ageEntry: entry.path, native };
  if (task.type === "open") yield* openAge(options, task.by, input);
  else yield* (await sealFor(options, task.to))(input);
}
async function through(native: boolean, task: Task, data: Buffer, size = 100_000): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of throughAge(native, task, pieces(data, size))) parts.push(part);
  return Buffer.concat(parts);
}

describe.each([
  { by: "Node", native: true },
  { by: "the library", native: false },
])("the age format by $by", ({ native }) => {
  const seal = (to: SealedTo, data: Buffer) => through(native, { type: "seal", to }, data);
  const open = (by: Opens, data: Buffer, size?: number) => through(native, { type: "open", by }, data, size);

  test("gives back what was encrypted to a passphrase or a recipient, of any size", async () => {
    const { code, recipient } = await makeCode();
    // A thread of the library takes its time to begin.
    for (const size of native ? [0, 1, 65_535, 65_536, 65_537, 131_072, 5_000_000] : [0, 65_536, 1_000_000]) {
      const data = randomBytes(size);
      const file = await seal({ recipient }, data);
      expect(isAge(file)).toBe(true);
      expect(readAgeHead(file.subarray(0, AGE_HEAD_BYTES))).toBe("recovery");
      expect((await open({ identity: code }, file)).equals(data)).toBe(true);
    }
    const file = await seal({ passphrase: "correct hörse" }, Buffer.from("hello"));
    expect(readAgeHead(file)).toBe("passphrase");
    expect(file.toString("latin1")).toMatch(/^age-encryption\.org\/v1\n-> scrypt \S+ 17\n/);
    expect((await open({ passphrase: "correct hörse" }, file, 7)).toString()).toBe("hello");
    // What the one makes the other opens.
    const other = await through(!native, { type: "open", by: { passphrase: "correct hörse" } }, file);
    expect(other.toString()).toBe("hello");
  });

  test("says what does not open it, and what is damaged at any place", async () => {
    const { code, recipient } = await makeCode();
    const file = await seal({ recipient }, randomBytes(200_000));
    const by = { identity: code };
    await expect(open({ identity: (await makeCode()).code }, file)).rejects.toBeInstanceOf(NotOpened);
    const [head, block] = [file.length - (200_000 + 4 * 16), 65_536 + 16];
    for (const at of native ? [50, 150, 5_000, 120_000, file.length - 1] : [150, 120_000]) {
      const changed = Buffer.from(file);
      changed[at] = (changed[at] ?? 0) ^ 1;
      await expect(open(by, changed)).rejects.toBeInstanceOf(Error);
    }
    const cuts = [0, 30, head - 1, head, head + 15, 70_000, head + block, head + 3 * block, file.length - 1];
    for (const length of native ? cuts : [30, head + 3 * block]) {
      await expect(open(by, file.subarray(0, length))).rejects.toBeInstanceOf(Damaged);
    }
    const blocks = (from: number, to: number) => file.subarray(head + from * block, head + to * block);
    const swapped = Buffer.concat([file.subarray(0, head), blocks(1, 2), blocks(0, 1), blocks(2, 4)]);
    await expect(open(by, swapped)).rejects.toBeInstanceOf(Damaged);
    await expect(open(by, Buffer.concat([file, Buffer.alloc(1)]))).rejects.toBeInstanceOf(Damaged);
    const passphrase = await seal({ passphrase: "one" }, Buffer.from("x"));
    await expect(open({ passphrase: "other" }, passphrase)).rejects.toBeInstanceOf(NotOpened);
    if (!native) return;
    await expect(open({ passphrase: "one" }, file)).rejects.toBeInstanceOf(NotOpened);
    await expect(open(by, passphrase)).rejects.toBeInstanceOf(NotOpened);
  });

  test("ends when its reader leaves, and throws what its source throws", async () => {
    const { recipient } = await makeCode();
    const task = { type: "seal", to: { recipient } } as const;
    for await (const _ of throughAge(native, task, pieces(Buffer.alloc(10_000_000), 1_000_000))) break;
    async function* broken() {
      yield Buffer.alloc(10);
      throw new Error("the disk went");
    }
    const reading = async () => {
      for await (const _ of throughAge(native, task, broken()));
    };
    await expect(reading()).rejects.toThrow("the disk went");
  });

  test.skipIf(spawnSync("age", ["--version"]).error !== undefined)("is understood by the stock tool", async () => {
    const { code, recipient } = await makeCode();
    const data = randomBytes(300_000);
    const [file, identity] = [path.join(home.base, "x.age"), path.join(home.base, "identity")];
    await writeFile(file, await seal({ recipient }, data));
    await writeFile(identity, `${code}\n`, { mode: 0o600 });
    const { stdout } = await promisify(execFile)("age", ["-d", "-i", identity, file], { encoding: "buffer" });
    expect(stdout.equals(data)).toBe(true);
    const { stdout: theirs } = await promisify(execFile)("age", ["-r", recipient, identity], { encoding: "buffer" });
    expect((await open({ identity: code }, theirs)).toString()).toBe(`${code}\n`);
  });
});

test("the head of a file says by what it is opened, and refuses what this app does not write", () => {
  const head = (...recipients: string[]) =>
    Buffer.from(`age-encryption.org/v1\n${recipients.map((one) => `-> ${one}\nAAAA\n`).join("")}--- mac\n`);
  const salt = "A".repeat(22);
  expect(readAgeHead(head(`scrypt ${salt} 18`))).toBe("passphrase");
  for (const wrong of [
    head(`scrypt ${salt} 19`),
    head(`scrypt ${salt} 64`),
    head(`X25519 ${"A".repeat(43)}`, `X25519 ${"A".repeat(43)}`),
    head("ssh-rsa AAAA"),
    head(),
    Buffer.from("age-encryption.org/v2\n"),
    Buffer.alloc(0),
  ]) {
    expect(() => readAgeHead(wrong)).toThrow(Damaged);
  }
});
