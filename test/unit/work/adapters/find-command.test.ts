import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findCommand } from "../../../../main/work/adapters/find-command.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), "pcd-find ü-"));
  for (const folder of ["one", "two", "here/bin", "one/folder"]) {
    await mkdir(path.join(root, folder), { recursive: true });
  }
  for (const file of ["one/plain", "two/plain", "two/tool", "here/bin/local", "here/near"]) {
    await writeFile(path.join(root, file), "#!/bin/sh\n");
    await chmod(path.join(root, file), file === "one/plain" ? 0o644 : 0o755);
  }
  await mkdir(path.join(root, "two/folder"));
  await symlink(path.join(root, "two/tool"), path.join(root, "one/link"));
  await symlink(path.join(root, "gone"), path.join(root, "one/dangling"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const find = (command: string, searchPath = `${root}/none:${root}/one:${root}/two`) =>
  findCommand(command, { env: { PATH: searchPath }, cwd: path.join(root, "here"), platform: "linux" });

describe("finding a command", () => {
  test("searches PATH in order and passes over what cannot be started", async () => {
    expect(await find("tool")).toBe(path.join(root, "two/tool"));
    expect(await find("plain")).toBe(path.join(root, "two/plain"));
    expect(await find("link")).toBe(path.join(root, "one/link"));
  });

  test("takes a name with a slash as a path from the folder", async () => {
    expect(await find("bin/local")).toBe(path.join(root, "here/bin/local"));
    expect(await find("./near")).toBe(path.join(root, "here/near"));
    expect(await find(path.join(root, "two/tool"))).toBe(path.join(root, "two/tool"));
  });

  test("an empty or relative entry of PATH is meant from the folder, as the system has it", async () => {
    expect(await find("near", `:${root}/one`)).toBe(path.join(root, "here/near"));
    expect(await find("local", "bin")).toBe(path.join(root, "here/bin/local"));
  });

  test.each(["nonsense", "folder", "dangling", "near"])("%s is not on PATH", async (command) => {
    await expect(find(command)).rejects.toMatchObject({
      code: "command_missing",
      message: `The command "${command}" is not on PATH.`,
      data: { next: expect.stringContaining(`${root}/two`), details: { command } },
    });
  });

  test("says that a file may not be executed", async () => {
    await expect(find("plain", `${root}/one`)).rejects.toMatchObject({
      code: "command_missing",
      data: { next: expect.stringContaining("chmod +x") },
    });
    await expect(find(`${root}/one/plain`)).rejects.toMatchObject({ code: "command_missing" });
  });

  test("names a path that is not there, and an empty PATH", async () => {
    await expect(find("/no/such/tool")).rejects.toMatchObject({ message: "There is no program /no/such/tool." });
    const nothing = findCommand("tool", { env: {}, cwd: root, platform: "linux" });
    await expect(nothing).rejects.toMatchObject({ code: "command_missing" });
  });
});
