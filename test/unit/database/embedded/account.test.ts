import { chmod, mkdir } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { asRefusal } from "../../../../main/contract/refusal.ts";
import { findAccount, launcherFor } from "../../../../main/database/embedded/account.ts";
import { testHome, type TestHome } from "../../../fixtures/home.ts";

const nobody = { name: "nobody", uid: 65_534, gid: 65_534 };
let home: TestHome;
beforeEach(async () => {
  home = await testHome();
});
afterEach(() => home.remove());

describe("the account of the server", () => {
  test("is postgres, else nobody", () => {
    const other = "root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534::/:/bin/false\n";
    expect(findAccount(other)).toEqual(nobody);
    expect(findAccount(`${other}postgres:x:101:104::/:/bin/sh\n`)).toEqual({ name: "postgres", uid: 101, gid: 104 });
  });

  test("is never root, and never made", () => {
    for (const passwd of ["root:x:0:0:root:/root:/bin/bash\n", "postgres:x:0:0::/:/bin/sh\n", ""]) {
      let refused: unknown;
      try {
        findAccount(passwd);
      } catch (error) {
        refused = error;
      }
      expect(asRefusal(refused)?.code).toBe("database_unavailable");
    }
  });
});

describe("a program of the server", () => {
  test("runs as we do where there is no account to drop to", async () => {
    const launch = await launcherFor(null, ["/nowhere"]);
    expect(launch("/bin/x", ["a"])).toEqual({ command: "/bin/x", args: ["a"] });
  });

  test("runs under the account where it can enter all directories", async () => {
    const launch = await launcherFor(nobody, ["/usr/bin", "/"]);
    expect(launch("/bin/x", ["a"])).toEqual({ command: "/bin/x", args: ["a"], uid: nobody.uid, gid: nobody.gid });
  });

  test("gets the right to read past a closed directory, and no other", async () => {
    const below = path.join(home.base, "below");
    await mkdir(below);
    await chmod(home.base, 0o700);
    const launch = await launcherFor(nobody, ["/usr", below]);
    const { command, args, uid } = launch("/bin/x", ["a"]);
    expect(path.basename(command)).toBe("setpriv");
    expect(uid).toBeUndefined();
    expect(args.filter((argument) => argument.includes("caps"))).toEqual([
      "--inh-caps=+dac_read_search",
      "--ambient-caps=+dac_read_search",
    ]);
    expect(args.slice(-3)).toEqual(["--", "/bin/x", "a"]);
  });
});
