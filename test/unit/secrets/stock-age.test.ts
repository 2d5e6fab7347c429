import { execFile, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { keyText, masterKey, parseMasterKey } from "../../../main/secrets/master-key.ts";
import { makeCode, sealForRecovery } from "../../../main/secrets/recovery-copy.ts";

const run = promisify(execFile);
const isThere = (program: string) => spawnSync(program, ["--version"]).error === undefined;

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), "pcd-age-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** Writes a file and answers with its path. */
async function put(name: string, text: string): Promise<string> {
  const file = path.join(directory, name);
  await writeFile(file, text, { mode: 0o600 });
  return file;
}

describe("the stock tool", () => {
  test.skipIf(!isThere("age"))("opens the copy in the database with the code: the text of the key file", async () => {
    const key = masterKey(randomBytes(32));
    const { code, recipient } = await makeCode();
    const [identity, sealed] = [
      await put("code", `# public key: ${recipient}\n${code}\n`),
      await put("sealed.age", await sealForRecovery(recipient, key)),
    ];
    const { stdout } = await run("age", ["--decrypt", "--identity", identity, sealed]);
    expect(stdout).toBe(keyText(key));
    expect(parseMasterKey(stdout)?.id).toBe(key.id);
  });

  test.skipIf(!isThere("age-keygen"))("finds the same public half in the code", async () => {
    const { code, recipient } = await makeCode();
    const { stdout } = await run("age-keygen", ["-y", await put("code", `${code}\n`)]);
    expect(stdout.trim()).toBe(recipient);
  });
});
