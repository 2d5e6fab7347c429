import { readFile } from "node:fs/promises";
import path from "node:path";
import { writePrivateFile } from "../../instance/permissions.ts";
import type { InstancePaths } from "../../instance/paths.ts";
import { randomToken } from "./token.ts";

/*
 * A Windows pipe has no file mode: any user of the machine may connect to it. There the owner writes a token into the
 * instance's directory, which only the operator can read, and a client must present it. On POSIX the socket's own mode
 * and that of its directory say who may connect, and there is no token. The Windows half has not run on Windows yet;
 * the tests run it over a unix socket.
 */

/** Makes and stores the token of this owner, or null where none is needed. */
export async function createPipeToken(paths: InstancePaths, platform: NodeJS.Platform): Promise<string | null> {
  if (platform !== "win32") return null;
  const token = randomToken();
  await writePrivateFile(tokenFile(paths), token);
  return token;
}

/** The token of the running owner, or null where none is needed. */
export async function readPipeToken(paths: InstancePaths, platform: NodeJS.Platform): Promise<string | null> {
  return platform === "win32" ? readFile(tokenFile(paths), "utf8") : null;
}

function tokenFile(paths: InstancePaths): string {
  return path.join(paths.root, "control.token");
}
