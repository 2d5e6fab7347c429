import { execFile, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AGE_HEAD_BYTES, isAge, readAgeHead } from "../../../main/backup/age-header.ts";
import type { AgeTask } from "../../../main/backup/age-messages.ts";
import { NotOpened, throughAge } from "../../../main/backup/age.ts";
import { Damaged } from "../../../main/backup/damaged.ts";
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
async function through(task: AgeTask, data: Buffer, size = 100_000): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of throughAge(entry.path, task, pieces(data, size))) parts.push(part);
  return Buffer.concat(parts);
}
const sealed = (passphrase: string, data: Buffer) => through({ type: "seal", to: { passphrase } }, data);

describe("the thread that encrypts", () => {
  test("gives back what was encrypted to a passphrase or a recipient, of any size", async () => {
    const { code, recipient } = await makeCode();
    for (const size of [0, 1, 65_536, 65_537, 5_000_000]) {
      const data = randomBytes(size);
      const file = await through({ type: "seal", to: { recipient } }, data);
      expect(isAge(file)).toBe(true);
      expect(readAgeHead(file.subarray(0, AGE_HEAD_BYTES))).toBe("recovery");
      expect((await through({ type: "open", by: { identity: code } }, file)).equals(data)).toBe(true);
    }
    const file = await sealed("correct horse", Buffer.from("hello"));
    expect(readAgeHead(file)).toBe("passphrase");
    expect(file.toString("latin1")).toMatch(/^age-encryption\.org\/v1\n-> scrypt \S+ 17\n/);
    expect((await through({ type: "open", by: { passphrase: "correct horse" } }, file, 7)).toString()).toBe("hello");
  });

  test("says what does not open it, and what is damaged at any place", async () => {
    const { code, recipient } = await makeCode();
    const file = await through({ type: "seal", to: { recipient } }, randomBytes(200_000));
    const open = { type: "open", by: { identity: code } } as const;
    const other = { type: "open", by: { identity: (await makeCode()).code } } as const;
    await expect(through(other, file)).rejects.toBeInstanceOf(NotOpened);
    for (const at of [50, 150, 5_000, 120_000, file.length - 1]) {
      const changed = Buffer.from(file);
      changed[at] = (changed[at] ?? 0) ^ 1;
      await expect(through(open, changed)).rejects.toBeInstanceOf(Error);
    }
    for (const length of [0, 30, 210, 70_000, file.length - 1]) {
      await expect(through(open, file.subarray(0, length))).rejects.toBeInstanceOf(Damaged);
    }
    const passphrase = await sealed("one", Buffer.from("x"));
    await expect(through({ type: "open", by: { passphrase: "other" } }, passphrase)).rejects.toBeInstanceOf(NotOpened);
  });

  test("ends when its reader leaves, and throws what its source throws", async () => {
    const { recipient } = await makeCode();
    const task = { type: "seal", to: { recipient } } as const;
    for await (const _ of throughAge(entry.path, task, pieces(Buffer.alloc(10_000_000), 1_000_000))) break;
    async function* broken() {
      yield Buffer.alloc(10);
      throw new Error("the disk went");
    }
    const reading = async () => {
      for await (const _ of throughAge(entry.path, task, broken()));
    };
    await expect(reading()).rejects.toThrow("the disk went");
  });

  test.skipIf(spawnSync("age", ["--version"]).error !== undefined)("is understood by the stock tool", async () => {
    const { code, recipient } = await makeCode();
    const data = randomBytes(300_000);
    const [file, identity] = [path.join(home.base, "x.age"), path.join(home.base, "identity")];
    await writeFile(file, await through({ type: "seal", to: { recipient } }, data));
    await writeFile(identity, `${code}\n`, { mode: 0o600 });
    const { stdout } = await promisify(execFile)("age", ["-d", "-i", identity, file], { encoding: "buffer" });
    expect(stdout.equals(data)).toBe(true);
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
