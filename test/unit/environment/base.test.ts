import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  baseEnvironment,
  cachedBaseEnvironment,
  checkPassThrough,
  loginShellPath,
} from "../../../main/environment/base.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "pcd-base-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function shell(name: string, script: string): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
  return file;
}

const everything = {
  HOME: "/home/o",
  USER: "o",
  LOGNAME: "o",
  LANG: "C.UTF-8",
  LC_TIME: "de_DE.UTF-8",
  TZ: "UTC",
  TMPDIR: "/tmp",
  SHELL: "/bin/sh",
  PATH: "/process",
  SSH_AUTH_SOCK: "/sock",
  DATABASE_URL: "postgres://secret",
  DATABASE_MIGRATION_URL: "postgres://secret",
  PAPERCLIP_SECRETS_MASTER_KEY: "secret",
  PAPERCLIP_RUN_ID: "outer",
  NODE_OPTIONS: "--inspect",
  npm_config_x: "1",
};

describe("the base env of a run", () => {
  test("holds the listed names, PATH of the login shell, and nothing else", async () => {
    expect(await baseEnvironment(everything, [], { platform: "linux", loginPath: "/login" })).toEqual({
      HOME: "/home/o",
      USER: "o",
      LOGNAME: "o",
      LANG: "C.UTF-8",
      LC_TIME: "de_DE.UTF-8",
      TZ: "UTC",
      TMPDIR: "/tmp",
      SHELL: "/bin/sh",
      PATH: "/login",
    });
  });

  test("holds what the agent passes through, where it is set, and never what is the app's own", async () => {
    const wanted = [
      "SSH_AUTH_SOCK",
      "NOT_SET",
      "DATABASE_URL",
      "DATABASE_MIGRATION_URL",
      "PAPERCLIP_SECRETS_MASTER_KEY",
      "PAPERCLIP_RUN_ID",
    ];
    const base = await baseEnvironment(everything, wanted, { platform: "linux", loginPath: null });
    expect(base).toMatchObject({ SSH_AUTH_SOCK: "/sock", PATH: "/process" });
    const text = JSON.stringify(base);
    expect(text).not.toMatch(/NOT_SET|DATABASE|PAPERCLIP|secret|outer/);
  });

  test("finds names on Windows whatever their case", async () => {
    const env = { Path: "C:\\bin", SYSTEMROOT: "C:\\Windows", proxy: "p", HOME: "x" };
    expect(await baseEnvironment(env, ["PROXY"], { platform: "win32" })).toEqual({
      PATH: "C:\\bin",
      SystemRoot: "C:\\Windows",
      PROXY: "p",
    });
  });
});

describe.runIf(process.platform !== "win32")("PATH of the login shell", () => {
  test("is what the shell says, whatever else its start-up files print", async () => {
    const chatty = await shell(
      "chatty",
      'echo hello; PATH=/from/profile:/bin; export PATH; shift; eval "$1"; echo bye',
    );
    expect(await loginShellPath({ SHELL: chatty, PATH: "/bin:/usr/bin" })).toBe("/from/profile:/bin");
  });

  test("is read from the operator's profile by a real shell", async () => {
    await writeFile(path.join(folder, ".profile"), "PATH=/of/the/profile:/bin\n");
    const env = { SHELL: "/bin/sh", HOME: folder, PATH: "/bin:/usr/bin" };
    expect(await loginShellPath(env)).toBe("/of/the/profile:/bin");
  });

  test("the shell is not told what is secret", async () => {
    const nosy = await shell("nosy", `env > ${path.join(folder, "seen")}; printf '<<paperclip-path:/x>>'`);
    await loginShellPath({ SHELL: nosy, PATH: "/bin:/usr/bin", DATABASE_URL: "canary", OTHER: "canary" });
    const { readFile } = await import("node:fs/promises");
    expect(await readFile(path.join(folder, "seen"), "utf8")).not.toContain("canary");
  });

  test("is unknown where the shell fails, is missing or says nothing", async () => {
    const failing = await shell("failing", "exit 1");
    expect(await loginShellPath({ SHELL: failing, PATH: "/bin" })).toBeNull();
    expect(await loginShellPath({ SHELL: path.join(folder, "none"), PATH: "/bin" })).toBeNull();
  });

  test("is asked once by a cached base", async () => {
    const counted = await shell("counted", `echo x >> ${path.join(folder, "count")}; printf '<<paperclip-path:/y>>'`);
    const base = cachedBaseEnvironment({ SHELL: counted, HOME: "/h", PATH: "/bin", A: "1" });
    expect(await Promise.all([base([]), base(["A"]), base([])])).toMatchObject([{ PATH: "/y" }, { A: "1" }, {}]);
    const { readFile } = await import("node:fs/promises");
    expect(await readFile(path.join(folder, "count"), "utf8")).toBe("x\n");
  });
});

describe("a pass-through list", () => {
  test.each([
    ["DATABASE_URL", "env_key_reserved"],
    ["database_migration_url", "env_key_reserved"],
    ["PAPERCLIP_SECRETS_MASTER_KEY", "env_key_reserved"],
    ["PAPERCLIP_SECRETS_STRICT_MODE", "env_key_reserved"],
    ["PAPERCLIP_API_KEY", "env_key_reserved"],
    ["A-B", "env_key_invalid"],
  ])("with %s is refused", (name, code) => {
    expect(() => checkPassThrough(["SSH_AUTH_SOCK", name])).toThrow(expect.objectContaining({ code }));
  });

  test("is kept without doubles", () => {
    expect(checkPassThrough(["A", "B", "A"], "linux")).toEqual(["A", "B"]);
    expect(checkPassThrough([])).toEqual([]);
  });
});
