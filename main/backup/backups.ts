import path from "node:path";
import type {
  AutomaticBackups,
  BackupEntry,
  BackupWork,
  PrunedBackups,
  VerifiedBackup,
  WholeBackup,
} from "../../preload/contract/backups.ts";
import { RETENTION_PRESETS, type RetentionPolicy, type RetentionPreset } from "../../preload/rules/retention.ts";
import { Refusal } from "../contract/refusal.ts";
import type { ConnectionOptions } from "../database/database.ts";
import { clearScratch, type ScratchOptions } from "../database/embedded/scratch.ts";
import type { MigrationFile } from "../database/migration-files.ts";
import type { Clock } from "../instance/clock.ts";
import { tiersOf, type Config } from "../instance/config.ts";
import type { Log } from "../instance/log.ts";
import type { InstancePaths } from "../instance/paths.ts";
import { explainFileError } from "../instance/permissions.ts";
import { startAutomatic } from "./automatic.ts";
import { changeMark } from "./change-mark.ts";
import { headOf, listBackups } from "./folder.ts";
import { tableName, type Header, type TableSum } from "./format.ts";
import { noteProof, readProofs } from "./proofs.ts";
import { proveBackup } from "./prove.ts";
import { freedBytes, planPruning, prune } from "./prune.ts";
import { readBackup } from "./read.ts";
import { takeBackup } from "./take.ts";
import { createWork } from "./work.ts";

/** Milliseconds that a backup, or the proof of one, may take. */
const DEADLINE_MS = 2 * 3_600_000;
const MEBIBYTE = 1024 * 1024;

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
  /** The settings as they are now. */
  readonly settings: () => Config["backups"];
  /** Whether this process takes backups by interval too. */
  readonly automatic: boolean;
  /** Told when something begins or ends. */
  readonly changed: () => void;
}

/** The folder of backups as it is shown. */
export interface BackupList {
  readonly directory: string;
  readonly backups: BackupEntry[];
  readonly bytes: number;
  readonly automatic: AutomaticBackups;
  readonly work: BackupWork | null;
}

export interface TakeChoice {
  readonly directory?: string | undefined;
  readonly retentionPreset?: RetentionPreset | undefined;
}

/** The backups of an instance. One thing is done at a time. */
export interface Backups {
  list(): Promise<BackupList>;
  take(choice?: TakeChoice): Promise<WholeBackup>;
  verify(file: string, prove: boolean): Promise<VerifiedBackup>;
  prune(preview: boolean, preset?: RetentionPreset): Promise<PrunedBackups>;
  /** What is being done, now and whenever that changes, until the answer is called. */
  follow(listener: (work: BackupWork | null) => void): () => void;
  /** False where nothing is being done. */
  cancel(): boolean;
  /** Gives up what is being done, and waits for its end. */
  stop(): Promise<void>;
}

export function createBackups(services: BackupServices): Backups {
  const { paths, session, migrations, appVersion, clock, log, processEnv, embedded, settings, changed } = services;
  const scratch = path.join(paths.root, "scratch");
  const work = createWork({ clock, changed });

  async function take(
    { directory, retentionPreset }: TakeChoice,
    reason: "manual" | "scheduled",
  ): Promise<WholeBackup> {
    if (directory !== undefined && !path.isAbsolute(directory)) throw notAbsolute("directory", directory);
    const ours = directory === undefined || path.resolve(directory) === paths.backups;
    return work.alone("taking", reason === "scheduled", async (signal, show) => {
      const taken = await takeBackup({
        connection: session,
        directory: directory ?? paths.backups,
        tidy: ours,
        // A folder of the operator's own is not tidied up.
        ...(ours ? { retention: policy(retentionPreset) } : {}),
        reason,
        instanceId: paths.id,
        appVersion,
        migrations,
        clock,
        deadlineMs: DEADLINE_MS,
        signal,
        onProgress: ({ bytes, expectedBytes, rows, table }) =>
          show({ done: Math.min(1, bytes / Math.max(1, expectedBytes)), bytes, rows, table }),
      });
      log.info({ path: taken.path, bytes: taken.bytes, reason }, "the database was backed up");
      return whole(taken.path, taken);
    });
  }

  async function verify(name: string, prove: boolean, automatic: boolean): Promise<VerifiedBackup> {
    const file = path.resolve(paths.backups, name);
    if (!path.isAbsolute(name) && name !== path.basename(name)) throw notAbsolute("file", name);
    return work.alone(prove ? "proving" : "verifying", automatic, async (signal, show) => {
      const onProgress = (read: number, size: number) => show({ done: read / Math.max(1, size), bytes: read });
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
  }

  function policy(preset?: RetentionPreset): RetentionPolicy {
    const wanted = settings();
    const tiers = preset === undefined ? tiersOf(wanted) : RETENTION_PRESETS[preset];
    return { ...tiers, maxBytes: wanted.maxMebibytes * MEBIBYTE };
  }

  const automatic = services.automatic
    ? startAutomatic({
        directory: paths.backups,
        settings,
        mark: () => changeMark(session),
        list: () => listBackups(paths.backups),
        take: () => take({}, "scheduled"),
        prove: (file) => verify(file, true, true),
        clock,
        log,
        changed,
      })
    : null;

  return {
    list: async () => {
      const backups = await listBackups(paths.backups);
      return {
        directory: paths.backups,
        backups,
        bytes: backups.reduce((sum, one) => sum + one.bytes, 0),
        automatic: automatic ? await automatic.state() : notHere(settings()),
        work: work.current(),
      };
    },
    take: (choice = {}) => take(choice, "manual"),
    verify: (name, prove) => verify(name, prove, false),
    prune: async (preview, preset) => {
      if (preview) {
        const backups = await planPruning(paths.backups, policy(preset));
        return { removed: false, backups, freedBytes: freedBytes(backups) };
      }
      return work.alone("pruning", false, async () => {
        const backups = await planPruning(paths.backups, policy(preset));
        await prune(paths.backups, backups);
        return { removed: true, backups, freedBytes: freedBytes(backups) };
      });
    },
    follow: work.follow,
    cancel: work.cancel,
    stop: async () => {
      const automaticEnds = automatic?.stop();
      await work.stop();
      await automaticEnds;
      await clearScratch(scratch, log);
    },
  };
}

/** How backups by interval are where another process may take them. */
function notHere({ enabled }: Config["backups"]): AutomaticBackups {
  return { state: enabled ? "elsewhere" : "off", nextAt: null, unchangedAt: null, failure: null };
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

function notAbsolute(field: string, given: string): Refusal {
  return new Refusal("invalid_input", `"${given}" is no absolute path.`, {
    next: "Give the whole path.",
    fields: { [field]: "must be an absolute path" },
  });
}
