import { mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { asRefusal } from "../../../main/contract/refusal.ts";
import { explainFileError, makePrivateDirectory, writePrivateFile } from "../../../main/instance/permissions.ts";
import { refusalOf } from "../../fixtures/conditions.ts";
import { testHome, type TestHome } from "../../fixtures/home.ts";

let home: TestHome;
beforeEach(async () => {
  home = await testHome();
});
afterEach(() => home.remove());

const mode = async (entry: string) => (await stat(entry)).mode & 0o777;

describe("a private directory", () => {
  test("is 0700 with all that is made above it", async () => {
    const target = path.join(home.base, "a", "b", "c");
    await makePrivateDirectory(target);
    const made = ["a", "a/b", "a/b/c"].map((entry) => path.join(home.base, entry));
    expect(await Promise.all(made.map(mode))).toEqual([0o700, 0o700, 0o700]);
  });

  test("leaves one that is there as it is, and follows a link to one", async () => {
    const target = path.join(home.base, "open");
    await mkdir(target);
    const before = await mode(target);
    await symlink(target, path.join(home.base, "link"));
    await makePrivateDirectory(path.join(home.base, "link", "below"));
    expect(await mode(target)).toBe(before);
    expect(await mode(path.join(target, "below"))).toBe(0o700);
  });

  test.runIf(process.platform === "linux")("is refused where nothing can be made", async () => {
    expect(await refusalOf(makePrivateDirectory("/proc/self/backups"))).toMatchObject({ code: "instance_permissions" });
  });

  test("may be made by many at once", async () => {
    const target = path.join(home.base, "x", "y", "z");
    await Promise.all(Array.from({ length: 20 }, () => makePrivateDirectory(target)));
    expect(await mode(target)).toBe(0o700);
  });

  test("is refused below a file", async () => {
    await writeFile(path.join(home.base, "file"), "");
    const refusal = await refusalOf(makePrivateDirectory(path.join(home.base, "file", "below")));
    expect(refusal.code).toBe("instance_permissions");
  });

  test("is not made behind a link to a disk that is not mounted, and the link is named", async () => {
    const link = path.join(home.base, "link");
    await symlink(path.join(home.base, "not-mounted"), link);
    const refusal = await refusalOf(makePrivateDirectory(path.join(link, "below")));
    expect(refusal.code).toBe("instance_permissions");
    expect(refusal.message).toContain(`${link} was not made: it is a link to a place that is gone`);
    expect(await readdir(home.base)).toEqual(["link"]);
  });
});

describe("a private file", () => {
  test("is 0600, replaced whole, and leaves nothing beside it", async () => {
    const file = path.join(home.base, "file");
    await writeFile(file, "a longer text from before", { mode: 0o644 });
    await writePrivateFile(file, "new");
    expect(await readFile(file, "utf8")).toBe("new");
    expect(await mode(file)).toBe(0o600);
    expect(await readdir(home.base)).toEqual(["file"]);
  });

  test("keeps the old content where it cannot be replaced", async () => {
    await mkdir(path.join(home.base, "taken"));
    const refusal = await refusalOf(writePrivateFile(path.join(home.base, "taken"), "new"));
    expect(refusal.code).toBe("instance_permissions");
    expect(await readdir(home.base)).toEqual(["taken"]);
  });
});

describe("an error of the file system", () => {
  const failure = (code: string) => Object.assign(new Error(code), { code });

  test("is a refusal where an operator can mend it", () => {
    const codes = ["ENOSPC", "EDQUOT", "EACCES", "EROFS"].map(
      (code) => asRefusal(explainFileError(failure(code), "It was not written"))?.code,
    );
    expect(codes).toEqual(["disk_full", "disk_full", "instance_permissions", "instance_permissions"]);
  });

  test("says what is wrong with the disk or its folder", () => {
    for (const [code, words] of [
      ["ENOENT", "It was not written: its folder is not there"],
      ["EIO", "It was not written: the disk answers with an error"],
    ] as const) {
      const refusal = asRefusal(
        explainFileError(Object.assign(failure(code), { syscall: "open" }), "It was not written"),
      );
      expect(refusal?.message).toContain(words);
      expect(refusal?.data.next).not.toContain("right");
    }
  });

  test("stays itself otherwise", () => {
    const error = failure("EMFILE");
    expect(explainFileError(error, "x")).toBe(error);
    const ofSocket = Object.assign(failure("ENOENT"), { syscall: "connect" });
    expect(explainFileError(ofSocket, "x")).toBe(ofSocket);
  });
});
