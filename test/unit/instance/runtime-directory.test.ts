import { chmodSync, lchownSync, mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, symlinkSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  isPrivateSocket,
  makeRuntimeDirectory,
  removeRuntimeDirectory,
} from "../../../main/instance/runtime-directory.ts";

let base: string;
const made: string[] = [];
beforeEach(() => {
  base = mkdtempSync(path.join(realpathSync(os.tmpdir()), "pcd-t-"));
});
afterEach(async () => {
  for (const directory of made.splice(0)) await removeRuntimeDirectory(directory);
  rmSync(base, { recursive: true, force: true });
});

async function make(parent: string): Promise<string> {
  const { directory } = await makeRuntimeDirectory("/some/instance", { XDG_RUNTIME_DIR: parent });
  made.push(directory);
  return directory;
}

describe.skipIf(process.platform === "win32")("the runtime directory", () => {
  it("is made under a new name each time, for its owner alone", async () => {
    const [one, two] = [await make(base), await make(base)];
    expect(path.dirname(one)).toBe(base);
    expect(one).not.toBe(two);
    expect(statSync(one).mode & 0o777).toBe(0o700);
  });

  it("is not made where others could replace it, or through a link that is not the system's", async () => {
    chmodSync(base, 0o777);
    expect(path.dirname(await make(base))).not.toBe(base);
    chmodSync(base, 0o1777);
    expect(path.dirname(await make(base))).toBe(base);
    mkdirSync(path.join(base, "real"));
    symlinkSync(path.join(base, "real"), path.join(base, "link"));
    if (process.getuid?.() === 0) lchownSync(path.join(base, "link"), 65_534, 65_534);
    expect(path.dirname(await make(path.join(base, "link")))).not.toContain(base);
  });

  it.skipIf(process.platform !== "linux")(
    "is made elsewhere when the system does not let it be made there",
    async () => {
      // Root's directory, closed to others, in which not even root can make anything.
      expect(path.dirname(await make("/proc"))).not.toBe("/proc");
    },
  );

  it("believes a socket only below a directory that is private and of that user", async () => {
    const directory = await make(base);
    const { uid } = statSync(directory);
    const socket = path.join(directory, "control.sock");
    expect(await isPrivateSocket(socket, uid)).toBe(true);
    expect(await isPrivateSocket(socket, uid + 1)).toBe(false);
    chmodSync(directory, 0o755);
    expect(await isPrivateSocket(socket, uid)).toBe(false);
    symlinkSync(directory, path.join(base, "link"));
    expect(await isPrivateSocket(path.join(base, "link", "control.sock"), uid)).toBe(false);
  });

  it("is removed with what stands beside it under its name, and nothing else is", async () => {
    const directory = await make(base);
    mkdirSync(`${directory}-db`);
    mkdirSync(path.join(base, "other"));
    await removeRuntimeDirectory(path.join(base, "other"));
    await removeRuntimeDirectory(directory);
    expect([directory, `${directory}-db`].map((each) => statSync(each, { throwIfNoEntry: false }))).toEqual([
      undefined,
      undefined,
    ]);
    expect(statSync(path.join(base, "other")).isDirectory()).toBe(true);
  });
});
