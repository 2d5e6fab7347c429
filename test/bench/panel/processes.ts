import { execFileSync } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";

/** A process of the app, as Linux tells of it. */
export interface AppProcess {
  readonly pid: number;
  readonly parent: number;
  readonly name: string;
  /** Milliseconds of the processor that it took so far, with those of children that ended. */
  readonly cpuMs: number;
}

/** A process and everything that it started, directly or not. Linux only. */
export async function treeOf(root: number): Promise<AppProcess[]> {
  const all: AppProcess[] = [];
  for (const entry of await readdir("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = await readFile(`/proc/${entry}/stat`, "utf8").catch(() => null);
    if (stat !== null) all.push(processOf(Number(entry), stat));
  }
  const tree = all.filter(({ pid }) => pid === root);
  // It grows while it is gone through.
  for (const { pid } of tree) tree.push(...all.filter(({ parent }) => parent === pid));
  return tree;
}

let ticks: number | undefined;

function processOf(pid: number, stat: string): AppProcess {
  ticks ??= Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));
  const open = stat.indexOf("(");
  // The name may hold spaces and brackets; the fields are counted from behind it.
  const close = stat.lastIndexOf(")");
  const fields = stat.slice(close + 2).split(" ");
  const cpu = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return { pid, parent: Number(fields[1]), name: stat.slice(open + 1, close), cpuMs: (cpu * 1_000) / ticks };
}

/** Bytes of memory: what is shared counts in parts (PSS). */
export async function proportional(tree: readonly AppProcess[]): Promise<number> {
  let sum = 0;
  for (const { pid } of tree) {
    const text = await readFile(`/proc/${pid}/smaps_rollup`, "utf8").catch(() => "");
    sum += Number(/^Pss:\s+(\d+)/m.exec(text)?.[1] ?? 0) * 1_024;
  }
  return sum;
}

/**
 * Bytes of memory as if nothing else on the machine used the same programs: PSS gives a part of Node's own pages to every
 * Node process there is, this measurement among them.
 */
export async function alone(tree: readonly AppProcess[]): Promise<number> {
  let sum = 0;
  const shared = new Map<string, number>();
  for (const { pid } of tree) {
    const text = await readFile(`/proc/${pid}/smaps`, "utf8").catch(() => "");
    for (const area of text.split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m)) {
      const [, offset, device, inode] = /^\S+ \S+ (\S+) (\S+) (\d+)/.exec(area) ?? [];
      const kilobytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(area)?.[1] ?? 0);
      const own = kilobytes("Anonymous");
      if (inode === undefined || inode === "0" || device === "00:01") {
        sum += kilobytes("Pss");
        continue;
      }
      sum += own;
      const key = `${device} ${inode} ${offset}`;
      shared.set(key, Math.max(shared.get(key) ?? 0, kilobytes("Rss") - own));
    }
  }
  return (sum + [...shared.values()].reduce((all, size) => all + size, 0)) * 1_024;
}
