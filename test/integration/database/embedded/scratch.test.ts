import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, expect, test } from "vitest";
import { clearScratch } from "../../../../main/database/embedded/scratch.ts";
import { memoryLog, testHome, type TestHome } from "../../../fixtures/home.ts";

let home: TestHome;
beforeEach(async () => {
  home = await testHome();
});
afterEach(() => home.remove());

// As an initdb does: it makes files in its directory, does not make that directory anew, and comes to an end.
const WRITER =
  'cd "$1" || exit; i=0; while [ $i -lt 400 ] && mkdir $i && : > $i/file; do i=$((i+1)); [ $i = 20 ] && echo; done';

test.runIf(process.platform !== "win32")(
  "a scratch place is removed while the initdb of a killed process still writes there",
  async () => {
    const scratch = path.join(home.base, "scratch");
    const data = path.join(scratch, "db.init-0b5e1f6e-6f0e-4c3f-9d1a-2f6f0c3c9a11", "data");
    await mkdir(data, { recursive: true });
    const child = spawn("/bin/sh", ["-c", WRITER, "sh", data], { stdio: ["ignore", "pipe", "ignore"] });
    const exited = once(child, "exit");
    await once(createInterface(child.stdout), "line");
    try {
      await clearScratch(scratch, memoryLog());
    } finally {
      child.kill("SIGKILL");
      await exited;
    }
    expect(existsSync(scratch)).toBe(false);
    await clearScratch(scratch, memoryLog());
  },
);
