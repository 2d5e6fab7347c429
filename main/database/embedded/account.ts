import { access, chown, constants, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { Refusal } from "../../contract/refusal.ts";

/** An account of the system under which the server runs, because PostgreSQL refuses to run as root. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** A program call as the server's account makes it. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly uid?: number;
  readonly gid?: number;
}

/** Turns a program call into one under the server's account. */
export type Launcher = (program: string, args: readonly string[]) => Launch;

/** The account that the server drops to: none unless we are root, else `postgres` or `nobody`. None is ever created. */
export async function serverAccount(): Promise<Account | null> {
  return process.getuid?.() === 0 ? findAccount(await readFile("/etc/passwd", "utf8")) : null;
}

/** The unprivileged account in the text of a passwd file. */
export function findAccount(passwd: string): Account {
  const entries = passwd.split("\n").map((line) => line.split(":"));
  for (const wanted of ["postgres", "nobody"]) {
    const entry = entries.find(([name]) => name === wanted);
    const [uid, gid] = [Number(entry?.[2]), Number(entry?.[3])];
    if (uid > 0 && gid > 0) return { name: wanted, uid, gid };
  }
  throw new Refusal(
    "database_unavailable",
    "PostgreSQL was not started: it does not run as root, and there is neither an account postgres nor nobody.",
    { next: "Run the app as an ordinary user, or set DATABASE_URL to a server of your own." },
  );
}

/**
 * How programs are started that use these directories. An account that cannot enter one of them, because a directory
 * above it is 0700, is given the right to read past that (`dac_read_search`) by `setpriv`, and no other right.
 */
export async function launcherFor(account: Account | null, directories: readonly string[]): Promise<Launcher> {
  if (!account) return (command, args) => ({ command, args });
  const closed = await firstClosed(account, directories);
  const { uid, gid } = account;
  if (closed === null) return (command, args) => ({ command, args, uid, gid });
  const setpriv = await findSetpriv(account, closed);
  const options = [
    `--reuid=${uid}`,
    `--regid=${gid}`,
    "--clear-groups",
    "--inh-caps=+dac_read_search",
    "--ambient-caps=+dac_read_search",
    // Without it, access(2), with which PostgreSQL looks for its own programs, does not honour the right.
    "--securebits=+no_setuid_fixup",
    "--",
  ];
  return (program, args) => ({ command: setpriv, args: [...options, program, ...args] });
}

/** The first directory on the way to any of these that the account may not enter, or null. */
async function firstClosed(account: Account, directories: readonly string[]): Promise<string | null> {
  const all = [...new Set(directories.flatMap((directory) => withParents(directory)))];
  const closed = await Promise.all(all.map((directory) => isClosed(account, directory)));
  return all[closed.indexOf(true)] ?? null;
}

async function isClosed(account: Account, directory: string): Promise<boolean> {
  const { mode, uid, gid } = await stat(directory);
  const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
  return (mode & bit) === 0;
}

function withParents(directory: string): string[] {
  const parent = path.dirname(directory);
  return parent === directory ? [directory] : [...withParents(parent), directory];
}

/** The bit of CAP_DAC_READ_SEARCH in the capability masks of Linux. */
const DAC_READ_SEARCH = 1n << 2n;

async function findSetpriv(account: Account, closed: string): Promise<string> {
  const problem = `PostgreSQL was not started: as root it runs under the account ${account.name}, which cannot enter ${closed}`;
  const next = "Run the app as an ordinary user.";
  const status = await readFile("/proc/self/status", "latin1").catch(() => "");
  const bounding = /^CapBnd:\s*([0-9a-f]+)/m.exec(status)?.[1];
  if (bounding !== undefined && (BigInt(`0x${bounding}`) & DAC_READ_SEARCH) === 0n) {
    throw new Refusal(
      "database_unavailable",
      `${problem}, and this container may not grant it that (DAC_READ_SEARCH).`,
      {
        next: `${next} Or start the container with --cap-add=DAC_READ_SEARCH.`,
      },
    );
  }
  for (const candidate of ["/usr/bin/setpriv", "/bin/setpriv", "/usr/sbin/setpriv", "/sbin/setpriv"]) {
    if (await isExecutable(candidate)) return candidate;
  }
  throw new Refusal("database_unavailable", `${problem}, and \`setpriv\` is not there to grant it that.`, {
    next: `${next} Or install util-linux.`,
  });
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Hands a file or directory to the server's account. */
export async function giveTo(account: Account | null, entry: string): Promise<void> {
  if (account) await chown(entry, account.uid, account.gid);
}
