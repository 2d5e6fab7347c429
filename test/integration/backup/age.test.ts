import { execFile, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AGE_HEAD_BYTES, isAge, readAgeHead } from "../../../main/backup/age-header.ts";
import type { Opens, SealedTo } from "../../../main/backup/age-head.ts";
import { openPayload, sealPayload } from "../../../main/backup/age-payload.ts";
import { openAge, sealFor } from "../../../main/backup/age.ts";
import { type BlockCipher, nodeCipher, scriptCipher } from "../../../main/backup/block-cipher.ts";
import { Damaged, NotOpened } from "../../../main/backup/damaged.ts";
import { makeCode } from "../../../main/secrets/recovery-copy.ts";
import { testHome, type TestHome } from "../../fixtures/home.ts";

let home: TestHome;
beforeAll(async () => void (home = await testHome()));
afterAll(() => home.remove());

async function* pieces(data: Buffer, size: number) {
  for (let at = 0; at < data.length; at += size) yield data.subarray(at, at + size);
}
async function whole(parts: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const part of parts) all.push(part);
  return Buffer.concat(all);
}

describe.each([
  { by: "Node's cipher", cipher: nodeCipher, other: scriptCipher },
  { by: "the cipher in JavaScript, as under Electron", cipher: scriptCipher, other: nodeCipher },
])("the age format by $by", ({ cipher, other }) => {
  const seal = async (to: SealedTo, data: Buffer) => whole((await sealFor(to, cipher))(pieces(data, 100_000)));
  const openBy = (one: BlockCipher, by: Opens, data: Buffer, size = 100_000) =>
    whole(openAge(by, pieces(data, size), one));
  const open = (by: Opens, data: Buffer, size?: number) => openBy(cipher, by, data, size);

  test("gives back what was encrypted to a passphrase or a recipient, of any size", async () => {
    const { code, recipient } = await makeCode();
    for (const size of [0, 1, 65_535, 65_536, 65_537, 131_072, 5_000_000]) {
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
    expect((await openBy(other, { passphrase: "correct hörse" }, file)).toString()).toBe("hello");
  });

  test("says what does not open it, and what is damaged at any place", async () => {
    const { code, recipient } = await makeCode();
    const file = await seal({ recipient }, randomBytes(200_000));
    const by = { identity: code };
    await expect(open({ identity: (await makeCode()).code }, file)).rejects.toBeInstanceOf(NotOpened);
    const [head, block] = [file.length - (200_000 + 4 * 16), 65_536 + 16];
    for (const at of [50, 150, 5_000, 120_000, file.length - 1]) {
      const changed = Buffer.from(file);
      changed[at] = (changed[at] ?? 0) ^ 1;
      await expect(open(by, changed)).rejects.toBeInstanceOf(Error);
    }
    const cuts = [0, 30, head - 1, head, head + 15, 70_000, head + block, head + 3 * block, file.length - 1];
    for (const length of cuts) {
      await expect(open(by, file.subarray(0, length))).rejects.toBeInstanceOf(Damaged);
    }
    await expect(open(by, file.subarray(0, file.length - 1))).rejects.toThrow("it ends too early");
    const blocks = (from: number, to: number) => file.subarray(head + from * block, head + to * block);
    const swapped = Buffer.concat([file.subarray(0, head), blocks(1, 2), blocks(0, 1), blocks(2, 4)]);
    await expect(open(by, swapped)).rejects.toBeInstanceOf(Damaged);
    await expect(open(by, Buffer.concat([file, Buffer.alloc(1)]))).rejects.toBeInstanceOf(Damaged);
    const passphrase = await seal({ passphrase: "one" }, Buffer.from("x"));
    await expect(open({ passphrase: "other" }, passphrase)).rejects.toBeInstanceOf(NotOpened);
    await expect(open({ passphrase: "one" }, file)).rejects.toBeInstanceOf(NotOpened);
    await expect(open(by, passphrase)).rejects.toBeInstanceOf(NotOpened);
  });

  test("ends when its reader leaves, and throws what its source throws", async () => {
    const { recipient } = await makeCode();
    let left = false;
    async function* watched() {
      try {
        yield* pieces(Buffer.alloc(10_000_000), 1_000_000);
      } finally {
        left = true;
      }
    }
    const sealing = await sealFor({ recipient }, cipher);
    let seen = 0;
    for await (const _ of sealing(watched())) if ((seen += 1) === 2) break;
    expect(left).toBe(true);
    async function* broken() {
      yield Buffer.alloc(10);
      throw new Error("the disk went");
    }
    await expect(whole(sealing(broken()))).rejects.toThrow("the disk went");
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

test("the cipher in JavaScript makes what Node's makes, and lets everything else have its turn between two blocks", async () => {
  const [key, data] = [randomBytes(32), randomBytes(1_000_000)];
  const expected = await whole(sealPayload(nodeCipher, key, pieces(data, data.length)));
  let turns = 0;
  let ended = false;
  const count = () => void (ended || ((turns += 1), setImmediate(count)));
  setImmediate(count);
  const sealed = await whole(sealPayload(scriptCipher, key, pieces(data, data.length)));
  const opened = await whole(openPayload(scriptCipher, key, pieces(sealed, sealed.length)));
  ended = true;
  expect(sealed.equals(expected)).toBe(true);
  expect(opened.equals(data)).toBe(true);
  expect(turns).toBeGreaterThanOrEqual(2 * Math.floor(data.length / 65_536));
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
