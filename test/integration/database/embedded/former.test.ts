import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir } from "node:fs/promises";
import path from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, expect, test } from "vitest";
import { serversOn } from "../../../../main/database/embedded/former.ts";
import { testHome, type TestHome } from "../../../fixtures/home.ts";

let home: TestHome;
beforeEach(async () => {
  home = await testHome();
});
afterEach(() => home.remove());

// A process that a server has just forked still shows the arguments of its leader: a shell in the server's name and
// place stands still at that instant.
test.runIf(process.platform === "linux")("a process that a server has just forked does not lead it", async () => {
  const directory = home.paths.home;
  await mkdir(directory);
  const program = path.join(directory, "postgres");
  await copyFile("/bin/sh", program);
  const child = spawn(program, ["-c", "exec 3<&0; (read line <&3) & echo $!; wait"], {
    cwd: directory,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  try {
    const [forked] = (await once(createInterface(child.stdout), "line")) as [string];
    const leads = new Map((await serversOn(directory)).map((server) => [server.pid, server.leads]));
    expect(leads).toEqual(
      new Map([
        [child.pid, true],
        [Number(forked), false],
      ]),
    );
  } finally {
    child.stdin.end("\n");
    await exited;
  }
});
