import { mkdir, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { removePartials } from "../../../main/backup/partials.ts";
import { memoryLog, testHome } from "../../fixtures/home.ts";
import { openPlane } from "../../fixtures/plane.ts";

test("what a killed process left of backups of any kind is gone once the instance is opened, and nothing else", async () => {
  const home = await testHome();
  try {
    const { paths } = home;
    const left = [
      "paperclip-20260101T000000000Z-manual.tar.partial",
      "paperclip-20260101T000000000Z-full.tar.age.partial",
      "received-0b5e1f6e-6f0e-4c3f-9d1a-2f6f0c3c9a11.partial",
    ];
    const theirs = ["mine.partial", "received.tar"];
    await mkdir(paths.backups, { recursive: true, mode: 0o700 });
    for (const name of [...left, ...theirs]) await writeFile(path.join(paths.backups, name), "x");
    const plane = await openPlane(home, { kind: "command" });
    await plane.close();
    expect((await readdir(paths.backups)).toSorted()).toEqual(theirs);
  } finally {
    await home.remove();
  }
});

test("a folder of backups that cannot be read keeps no instance shut", async () => {
  const home = await testHome();
  try {
    await mkdir(path.dirname(home.paths.backups), { recursive: true, mode: 0o700 });
    await writeFile(home.paths.backups, "a file");
    const log = memoryLog();
    await removePartials(home.paths.backups, log);
    expect(log.lines.join()).toContain("stay");
  } finally {
    await home.remove();
  }
});
