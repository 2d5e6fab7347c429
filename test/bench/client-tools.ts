import { execFile } from "node:child_process";
import { access, constants, readdir } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import type { Binaries } from "../../main/database/embedded/binaries.ts";

const run = promisify(execFile);

/** Where Debian keeps what belongs to one major version of PostgreSQL. */
const DEBIAN = "/usr/lib/postgresql";

/** A whole PostgreSQL that is installed on this machine: its client tools, and the server that fits them. */
export interface InstalledPostgres extends Binaries {
  readonly dump: string;
  readonly restore: string;
}

/** The newest one of PATH and of Debian's place that has all of it, or null. */
export async function installedPostgres(): Promise<InstalledPostgres | null> {
  const majors = await readdir(DEBIAN).catch((): string[] => []);
  const onPath = (process.env["PATH"] ?? "").split(path.delimiter).filter((entry) => entry !== "");
  const directories = [...majors.map((major) => path.join(DEBIAN, major, "bin")), ...onPath];
  const found = await Promise.all(directories.map(postgresIn));
  return found.filter((one) => one !== null).toSorted((a, b) => b.major - a.major)[0] ?? null;
}

async function postgresIn(directory: string): Promise<InstalledPostgres | null> {
  const program = (name: string) => path.join(directory, name);
  const [dump, restore, initdb, postgres] = ["pg_dump", "pg_restore", "initdb", "postgres"].map(program);
  if (!dump || !restore || !initdb || !postgres) return null;
  try {
    for (const file of [dump, restore, initdb, postgres]) await access(file, constants.X_OK);
    const { stdout } = await run(postgres, ["--version"]);
    const major = Number(/ (\d+)/.exec(stdout)?.[1]);
    return { dump, restore, initdb, postgres, major, directory };
  } catch {
    return null;
  }
}
