import { mkdtemp, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { isPrivate } from "../../../fixtures/private.ts";
import { reserveFile } from "../../../../main/hosts/cli/reserved-file.ts";

let directory: string;
let file: string;
beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), "pcd-reserved-"));
  file = path.join(directory, "code");
});
afterEach(() => rm(directory, { recursive: true, force: true }));

test("the file is this user's alone and takes room at once; then it holds the text and nothing else", async () => {
  const reserved = await reserveFile(file);
  expect((await stat(file)).size).toBeGreaterThanOrEqual(1_024);
  expect(await isPrivate(file)).toBe(true);
  await reserved.fill("the text\n");
  expect(await readFile(file, "utf8")).toBe("the text\n");
});

test("what was reserved for nothing is gone again", async () => {
  await (await reserveFile(file)).discard();
  expect(await readdir(directory)).toEqual([]);
});

test("a file that is there stays as it is, and a folder that is not there is named", async () => {
  await writeFile(file, "mine");
  await expect(reserveFile(file)).rejects.toMatchObject({
    code: "invalid_input",
    message: expect.stringMatching(/there already/),
  });
  expect(await readFile(file, "utf8")).toBe("mine");
  await expect(reserveFile(path.join(directory, "none", "code"))).rejects.toThrow("its folder is not there");
});
