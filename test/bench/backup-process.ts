import { once } from "node:events";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { text } from "node:stream/consumers";
import pg from "pg";
import { to as copyTo } from "pg-copy-streams";
import type { SealedTo } from "../../main/backup/age-head.ts";
import { lockTables, readTables, withColumns } from "../../main/backup/catalog.ts";
import { takeFullBackup } from "../../main/backup/full/take.ts";
import { loadBackup } from "../../main/backup/load.ts";
import { proveBackup } from "../../main/backup/prove.ts";
import { takeBackup } from "../../main/backup/take.ts";
import type { ConnectionOptions } from "../../main/database/database.ts";
import { readMigrations } from "../../main/database/migration-files.ts";
import { systemClock } from "../../main/instance/clock.ts";
import { instancePaths } from "../../main/instance/paths.ts";

/** What a process of the bench does alone, so that its memory is that of the work and of nothing else. */
export type Job =
  | { readonly do: "copy"; readonly connection: ConnectionOptions }
  | { readonly do: "take"; readonly connection: ConnectionOptions; readonly directory: string }
  | {
      readonly do: "full";
      readonly connection: ConnectionOptions;
      readonly directory: string;
      readonly to: SealedTo;
    }
  | { readonly do: "load"; readonly connection: ConnectionOptions; readonly file: string }
  | { readonly do: "prove"; readonly directory: string; readonly file: string };

export interface Done {
  readonly ms: number;
  /** Most bytes that were resident at a time. */
  readonly peakBytes: number;
  /** What was made, and its bytes; raw bytes of all rows. */
  readonly file: string | null;
  readonly fileBytes: number;
  readonly rawBytes: number;
}

const giveUp = new AbortController();
const { signal } = giveUp;
// Its own server is stopped then, and its places are gone.
process.once("SIGTERM", () => giveUp.abort()).once("SIGINT", () => giveUp.abort());
const job = JSON.parse(await text(process.stdin)) as Job;
const start = performance.now();
const made = await perform(job);
const ms = performance.now() - start;
process.stdout.write(JSON.stringify({ ms, peakBytes: await peakBytes(), ...made } satisfies Done));

async function perform(work: Job): Promise<Omit<Done, "ms" | "peakBytes">> {
  const migrations = await readMigrations(path.resolve("migrations"));
  const raw = (tables: readonly { readonly bytes: number }[]) => tables.reduce((sum, { bytes }) => sum + bytes, 0);
  switch (work.do) {
    case "copy":
      return { file: null, fileBytes: 0, rawBytes: await copyToNowhere(work.connection) };
    case "take":
    case "full": {
      const { connection, directory } = work;
      const what = { instanceId: "bench", appVersion: "1.0.0", migrations, clock: systemClock, deadlineMs: 3_600_000 };
      const common = { ...what, connection, directory, signal };
      if (work.do === "take") {
        const taken = await takeBackup({ ...common, reason: "manual" });
        return { file: taken.path, fileBytes: taken.bytes, rawBytes: raw(taken.tables) };
      }
      const full = await takeFullBackup({
        reason: "manual",
        readBack: false,
        ...common,
        instance: path.join(directory, "instance"),
        to: work.to,
        key: async () => null,
      });
      return { file: full.path, fileBytes: full.bytes, rawBytes: raw(full.database.tables) };
    }
    case "load": {
      const { tables, bytes } = await loadBackup({ ...work, migrations, disposable: true, signal });
      return { file: work.file, fileBytes: bytes, rawBytes: raw(tables) };
    }
    case "prove": {
      const silent = () => undefined;
      const { tables, bytes } = await proveBackup({
        file: work.file,
        migrations,
        signal,
        paths: instancePaths({ home: work.directory, id: "bench" }, {}),
        directory: path.join(work.directory, "scratch"),
        log: { info: silent, warn: silent, error: silent },
        processEnv: process.env,
      });
      return { file: work.file, fileBytes: bytes, rawBytes: raw(tables) };
    }
  }
}

/** Every row of every table as text, on one connection, which nobody keeps. */
async function copyToNowhere(connection: ConnectionOptions): Promise<number> {
  const client = new pg.Client(connection);
  await client.connect();
  await client.query("begin isolation level repeatable read, read only");
  const tables = await readTables(client);
  await lockTables(client, tables);
  let bytes = 0;
  for (const table of tables) {
    const copy = client.query(copyTo(`copy ${withColumns(table)} to stdout`));
    copy.on("data", (piece: Buffer) => (bytes += piece.length));
    await once(copy, "end");
  }
  await client.query("commit");
  await client.end();
  return bytes;
}

/** The high-water mark of this program alone: what `resourceUsage` tells begins with that of whoever started it. */
async function peakBytes(): Promise<number> {
  const status = await readFile("/proc/self/status", "latin1").catch(() => "");
  const kibibytes = /^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1] ?? process.resourceUsage().maxRSS;
  return Number(kibibytes) * 1024;
}
