import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import type {
  BackupEntry,
  BackupHead,
  BackupWork,
  VerifiedBackup,
  WholeBackup,
} from "../../preload/contract/backups.ts";
import { asRefusal, errorText, Refusal, systemCode } from "../contract/refusal.ts";
import type { ConnectionOptions } from "../database/database.ts";
import { clearScratch, type ScratchOptions } from "../database/embedded/scratch.ts";
import type { MigrationFile } from "../database/migration-files.ts";
import type { Clock } from "../instance/clock.ts";
import type { Log } from "../instance/log.ts";
import type { InstancePaths } from "../instance/paths.ts";
import { explainFileError } from "../instance/permissions.ts";
import { isBackupFileName, tableName, type Header, type TableSum } from "./format.ts";
import { noteProof, readProofs } from "./proofs.ts";
import { proveBackup } from "./prove.ts";
import { readBackup, readHeader } from "./read.ts";
import { takeBackup } from "./take.ts";

/** Milliseconds that a backup, or the proof of one, may take. */
const DEADLINE_MS = 2 * 3_600_000;

export interface BackupServices {
  readonly paths: InstancePaths;
  /** For what needs a session. */
  readonly session: ConnectionOptions;
  readonly migrations: readonly MigrationFile[];
  readonly appVersion: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly processEnv: NodeJS.ProcessEnv;
  readonly embedded?: ScratchOptions["embedded"];
  /** Told when something begins or ends. */
  readonly changed: () => void;
}

/** The backups of an instance. One thing is done at a time. */
export interface Backups {
  list(): Promise<{ directory: string; backups: BackupEntry[]; work: BackupWork | null }>;
  take(directory: string | undefined): Promise<WholeBackup>;
  verify(file: string, prove: boolean): Promise<VerifiedBackup>;
  /** False where nothing is being done. */
  cancel(): boolean;
  /** Gives up what is being done, and waits for its end. */
  stop(): Promise<void>;
}

export function createBackups(services: BackupServices): Backups {
  const { paths, session, migrations, appVersion, clock, log, processEnv, embedded, changed } = services;
  const scratch = path.join(paths.root, "scratch");
  let work: { shown: BackupWork; readonly giveUp: AbortController; readonly ended: Promise<unknown> } | null = null;

  async function alone<Answer>(
    kind: BackupWork["kind"],
    task: (signal: AbortSignal, show: (shown: Partial<BackupWork>) => void) => Promise<Answer>,
  ): Promise<Answer> {
    if (work !== null) throw busy(work.shown);
    const giveUp = new AbortController();
    const shown = { kind, startedAt: clock.now().toISOString(), done: 0, rows: null, table: null };
    const show = (now: Partial<BackupWork>) => {
      if (work?.giveUp === giveUp) work.shown = { ...work.shown, ...now };
    };
    // It begins once it is known as the work under way.
    const running = Promise.resolve().then(() => task(giveUp.signal, show));
    work = { shown, giveUp, ended: running.catch(() => undefined) };
    changed();
    try {
      return await running;
    } catch (error) {
      throw giveUp.signal.aborted && !asRefusal(error) ? cancelled() : error;
    } finally {
      work = null;
      changed();
    }
  }

  return {
    list: async () => ({
      directory: paths.backups,
      backups: await listBackups(paths.backups),
      work: work?.shown ?? null,
    }),
    take: async (directory) => {
      if (directory !== undefined && !path.isAbsolute(directory)) throw notAbsolute("directory", directory);
      return alone("taking", async (signal, show) => {
        const taken = await takeBackup({
          connection: session,
          directory: directory ?? paths.backups,
          tidy: directory === undefined || path.resolve(directory) === paths.backups,
          reason: "manual",
          instanceId: paths.id,
          appVersion,
          migrations,
          clock,
          deadlineMs: DEADLINE_MS,
          signal,
          onProgress: ({ bytes, expectedBytes, rows, table }) =>
            show({ done: Math.min(1, bytes / Math.max(1, expectedBytes)), rows, table }),
        });
        log.info({ path: taken.path, bytes: taken.bytes }, "the database was backed up");
        return whole(taken.path, taken);
      });
    },
    verify: async (name, prove) => {
      const file = path.resolve(paths.backups, name);
      if (!path.isAbsolute(name) && name !== path.basename(name)) throw notAbsolute("file", name);
      return alone(prove ? "proving" : "verifying", async (signal, show) => {
        const onProgress = (read: number, size: number) => show({ done: read / Math.max(1, size) });
        if (prove) {
          const options = { paths, directory: scratch, log, processEnv, ...(embedded ? { embedded } : {}) };
          const content = await proveBackup({ ...options, file, migrations, signal, onProgress });
          const provenAt = clock.now();
          await noteProof(file, provenAt).catch((error: unknown) => {
            throw explainFileError(error, "The backup was proven, and that was not noted");
          });
          return { ...whole(file, content), provenAt: provenAt.toISOString() };
        }
        const content = await readBackup(file, signal, { onProgress });
        const proofs = await readProofs(path.dirname(file));
        return { ...whole(file, content), provenAt: proofs.get(path.basename(file)) ?? null };
      });
    },
    cancel: () => {
      work?.giveUp.abort();
      return work !== null;
    },
    stop: async () => {
      work?.giveUp.abort();
      await work?.ended;
      await clearScratch(scratch, log);
    },
  };
}

async function listBackups(directory: string): Promise<BackupEntry[]> {
  const names = await readdir(directory).catch((error: unknown) => {
    if (systemCode(error) === "ENOENT") return [];
    throw explainFileError(error, `The folder of backups ${directory} was not read`);
  });
  const proofs = await readProofs(directory);
  const newestFirst = names.filter(isBackupFileName).toSorted().toReversed();
  const entries: BackupEntry[] = [];
  for (const name of newestFirst) {
    const file = path.join(directory, name);
    try {
      const { header, bytes } = await readHeader(file, new AbortController().signal);
      entries.push({ ...headOf(file, header, bytes), state: "ok", provenAt: proofs.get(name) ?? null });
    } catch (error) {
      const found = await stat(file).catch(() => null);
      // It was removed meanwhile.
      if (found === null) continue;
      entries.push({ state: "unreadable", path: file, bytes: found.size, problem: errorText(error) });
    }
  }
  return entries;
}

function headOf(file: string, header: Header, bytes: number): BackupHead {
  return {
    path: file,
    kind: header.kind,
    reason: header.reason,
    takenAt: header.takenAt,
    bytes,
    appVersion: header.app.version,
    schema: header.schema.migrations.at(-1)?.number ?? 0,
    instance: { id: header.instance.id, companies: header.instance.companies.map(({ name }) => name) },
    keyIds: header.keys.needed,
  };
}

function whole(
  file: string,
  { header, tables, bytes }: { header: Header; tables: readonly TableSum[]; bytes: number },
): WholeBackup {
  return {
    ...headOf(file, header, bytes),
    rows: tables.reduce((sum, { rows }) => sum + rows, 0),
    tables: tables.map((table) => ({
      name: tableName(table),
      rows: table.rows,
      bytes: table.bytes,
      sha256: table.sha256,
    })),
  };
}

const DOING = { taking: "taken", verifying: "verified", proving: "proven" } as const;

function busy({ kind }: BackupWork): Refusal {
  return new Refusal("backup_running", `Nothing was begun: a backup is being ${DOING[kind]}.`, {
    next: "Wait until it is done, then try again.",
  });
}

function cancelled(): Refusal {
  return new Refusal("backup_cancelled", "It was cancelled; nothing of it is left.");
}

function notAbsolute(field: string, given: string): Refusal {
  return new Refusal("invalid_input", `"${given}" is no absolute path.`, {
    next: "Give the whole path.",
    fields: { [field]: "must be an absolute path" },
  });
}
