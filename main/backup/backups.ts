import { rm } from "node:fs/promises";
import path from "node:path";
import type {
  AutomaticBackups,
  BackupEntry,
  BackupWork,
  PrunedBackups,
  VerifiedBackup,
  TakenBackup,
  WholeBackup,
} from "../../preload/contract/backups.ts";
import { RETENTION_PRESETS, type RetentionPolicy, type RetentionPreset } from "../../preload/rules/retention.ts";
import { judgePassphrase } from "../../preload/rules/passphrase.ts";
import { errorText, Refusal } from "../contract/refusal.ts";
import type { ConnectionOptions } from "../database/database.ts";
import type { ScratchOptions } from "../database/embedded/scratch.ts";
import type { MigrationFile } from "../database/migration-files.ts";
import type { Clock } from "../instance/clock.ts";
import { fullTiersOf, tiersOf, type Config } from "../instance/config.ts";
import type { Log } from "../instance/log.ts";
import type { InstancePaths } from "../instance/paths.ts";
import type { KeyCopy } from "../secrets/key-copy.ts";
import { startAutomatic } from "./automatic.ts";
import { changeMark } from "./change-mark.ts";
import { unlessGivenUp } from "./give-up.ts";
import { listBackups, ownBackups } from "./folder.ts";
import type { LoadedBackup } from "./load.ts";
import { refuseUnreachable } from "./place.ts";
import { clearProofs, proofPlaces } from "./proof-places.ts";
import { noteProof, readProofs, seeFile } from "./proofs.ts";
import { proveBackup } from "./prove.ts";
import { freedBytes, planPruning, prune, type Pruned } from "./prune.ts";
import { openedByOf, readFullBackup, type Opening, type ReadFullOptions } from "./full/read.ts";
import { filesMark } from "./full/files.ts";
import type { FullReason } from "./full/format.ts";
import { takeFullBackup } from "./full/take.ts";
import { readBackup } from "./read.ts";
import { takeBackup } from "./take.ts";
import { whole, wholeFull } from "./whole.ts";
import { createWork } from "./work.ts";

/** Milliseconds that a backup may take. */
const DEADLINE_MS = 2 * 3_600_000;
/** Milliseconds that reading one may take, or its proof: loading and comparing rows takes a few times as long as writing them. */
const READING_MS = 8 * 3_600_000;
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
  /** The master key in use, for a full backup; null where there never was one. Refuses with `vault_locked`. */
  readonly key: () => Promise<KeyCopy | null>;
  /** The public half of the recovery code in force, or null. */
  readonly recoveryRecipient: () => Promise<string | null>;
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

export interface TakeFullChoice {
  readonly directory?: string | undefined;
  /** Left out: it is encrypted to the recovery code in force. */
  readonly passphrase?: string | undefined;
}

/** The backups of an instance. One thing is done at a time. */
export interface Backups {
  list(): Promise<BackupList>;
  take(choice?: TakeChoice): Promise<TakenBackup>;
  takeFull(choice: TakeFullChoice): Promise<WholeBackup>;
  verify(file: string, prove: boolean, opening?: Opening): Promise<VerifiedBackup>;
  prune(preview: boolean, preset?: RetentionPreset): Promise<PrunedBackups>;
  /** What is being done, now and whenever that changes, until the answer is called. */
  follow(listener: (work: BackupWork | null) => void): () => void;
  /** False where nothing is being done. */
  cancel(): boolean;
  /** The refusal of what cannot be done at the same time, or null. */
  busy(): Refusal | null;
  /** Gives up what is being done, and waits for its end. */
  stop(): Promise<void>;
}

export function createBackups(services: BackupServices): Backups {
  const { paths, session, migrations, appVersion, clock, log, processEnv, embedded, settings, changed } = services;
  const { scratch, unpacked } = proofPlaces(paths);
  const work = createWork({ clock, changed });

  async function take(
    { directory, retentionPreset }: TakeChoice,
    reason: "manual" | "scheduled",
  ): Promise<TakenBackup> {
    if (directory !== undefined && !path.isAbsolute(directory)) throw notAbsolute("directory", directory);
    const ours = directory === undefined || path.resolve(directory) === paths.backups;
    return work.alone("taking", reason === "scheduled", async (signal, show) => {
      if (directory !== undefined && !ours) await refuseUnreachable(directory);
      const taken = await takeBackup({
        connection: session,
        directory: directory ?? paths.backups,
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
      const { removed, stuck } = taken.pruned;
      warnOf(stuck);
      const notRemoved = stuck.map(({ path: file, why }) => ({ path: file, why: errorText(why) }));
      return { ...whole(taken.path, taken, migrations), removed: [...removed], notRemoved };
    });
  }

  async function takeFull({ directory, passphrase }: TakeFullChoice, reason: FullReason): Promise<WholeBackup> {
    const scheduled = reason === "scheduled";
    if (directory !== undefined && !path.isAbsolute(directory)) throw notAbsolute("directory", directory);
    const ours = directory === undefined || path.resolve(directory) === paths.backups;
    return work.alone("taking", scheduled, async (signal, show) => {
      if (directory !== undefined && !ours) await refuseUnreachable(directory);
      const to = passphrase === undefined ? await toRecovery() : { passphrase: strongEnough(passphrase) };
      // Before anything is read: a vault that is locked has no key to take along.
      await services.key();
      const taken = await takeFullBackup({
        connection: session,
        directory: directory ?? paths.backups,
        instance: paths.root,
        to,
        reason,
        ...(scheduled ? { retention: fullPolicy() } : {}),
        // Whoever has the passphrase can verify it; nobody here can open one to the recovery code.
        readBack: "recipient" in to,
        key: services.key,
        instanceId: paths.id,
        appVersion,
        migrations,
        clock,
        deadlineMs: DEADLINE_MS,
        signal,
        onProgress: ({ done, bytes, rows, at }) => show({ done, bytes, rows, table: at }),
      });
      log.info({ path: taken.path, bytes: taken.bytes, files: taken.files.count }, "everything was backed up");
      warnOf(taken.pruned.stuck);
      const openedBy = "passphrase" in to ? "passphrase" : "recovery";
      return wholeFull(taken.path, { ...taken, openedBy }, migrations);
    });
  }

  function warnOf(stuck: Pruned["stuck"]): void {
    for (const { path: file, why } of stuck) log.warn({ path: file, error: why }, "an older backup was not removed");
  }

  async function toRecovery(): Promise<{ recipient: string }> {
    const recipient = await services.recoveryRecipient();
    if (recipient !== null) return { recipient };
    throw new Refusal(
      "recovery_missing",
      "Nothing was backed up: no passphrase was given, and there is no recovery code.",
      {
        next: "Give a passphrase with --passphrase-file, or make a code: `paperclip-desktop secrets key recovery create`",
        fields: { passphrase: "is needed while there is no recovery code" },
      },
    );
  }

  async function verify(name: string, prove: boolean, opening: Opening, automatic: boolean): Promise<VerifiedBackup> {
    const file = path.resolve(paths.backups, name);
    if (!path.isAbsolute(name) && name !== path.basename(name)) throw notAbsolute("file", name);
    const giving = { subject: prove ? "The proof" : "The verification", clock, deadlineMs: READING_MS };
    return work.alone(prove ? "proving" : "verifying", automatic, (given, show) =>
      unlessGivenUp({ ...giving, signal: given }, async (signal) => {
        const seen = await seeFile(file);
        const { openedBy } = await openedByOf(file);
        const onShare = (done: number) => show({ done });
        const onProgress = (read: number, size: number) => show({ done: read / Math.max(1, size), bytes: read });
        const full = { file, opening, signal };
        if (prove) {
          const proven =
            openedBy === null ? await proveDatabase(file, signal, onShare) : await proveFull(full, signal, onShare);
          if (proven.schemaDifferences !== null && proven.schemaDifferences.length > 0) {
            log.warn(
              { file, differences: proven.schemaDifferences },
              "the schema of the database is not that of its migrations",
            );
          }
          const provenAt = clock.now();
          const notNoted = await noteProof(seen, provenAt, proven.schemaDifferences).then(
            () => null,
            (error: unknown) => {
              // By itself it would be proven again at each look.
              if (automatic) throw error;
              return errorText(error);
            },
          );
          return { ...proven, provenAt: provenAt.toISOString(), notNoted };
        }
        const verified =
          openedBy === null
            ? whole(file, await readBackup(file, signal, { onProgress }), migrations)
            : wholeFull(file, await readFullBackup({ ...full, onProgress }), migrations);
        const proofs = await readProofs(path.dirname(file));
        return { ...verified, schemaDifferences: null, provenAt: proofs(path.basename(file)).provenAt, notNoted: null };
      }),
    );
  }

  type Proven = Omit<VerifiedBackup, "provenAt" | "notNoted">;

  /** Restores a backup of the database into a database of its own, which is gone afterwards. */
  async function proveDatabase(file: string, signal: AbortSignal, onShare: (done: number) => void): Promise<Proven> {
    const loaded = await restoreOnce(file, signal, onShare);
    return { ...whole(file, loaded, migrations), schemaDifferences: loaded.differences };
  }

  /** The database inside stands as a file of its own meanwhile. */
  async function proveFull(
    options: ReadFullOptions,
    signal: AbortSignal,
    onShare: (done: number) => void,
  ): Promise<Proven> {
    const database = path.join(unpacked, "database.tar");
    const onProgress = (read: number, size: number) => onShare(read / Math.max(1, size) / 2);
    try {
      await rm(unpacked, { recursive: true, force: true });
      const content = await readFullBackup({ ...options, onProgress }, { databaseInto: database });
      const { differences } = await restoreOnce(database, signal, (done) => onShare((1 + done) / 2));
      return { ...wholeFull(options.file, content, migrations), schemaDifferences: differences };
    } finally {
      await rm(unpacked, { recursive: true, force: true });
    }
  }

  async function restoreOnce(
    file: string,
    signal: AbortSignal,
    onShare: (done: number) => void,
  ): Promise<LoadedBackup> {
    const options = { paths, directory: scratch, log, processEnv, ...(embedded ? { embedded } : {}) };
    const onProgress = (done: number, all: number) => onShare(done / Math.max(1, all));
    return proveBackup({ ...options, file, migrations, signal, onProgress });
  }

  function policy(preset?: RetentionPreset): RetentionPolicy {
    const wanted = settings();
    const tiers = preset === undefined ? tiersOf(wanted) : RETENTION_PRESETS[preset];
    return { ...tiers, maxBytes: wanted.maxMebibytes * MEBIBYTE };
  }

  function fullPolicy(): RetentionPolicy {
    return { ...fullTiersOf(settings()), maxBytes: settings().fullMaxMebibytes * MEBIBYTE };
  }

  /** What retention makes of all backups, the newest first. */
  async function planAll(preset?: RetentionPreset) {
    const now = clock.now();
    const plans = [
      ...(await planPruning(paths.backups, "database", policy(preset), now)),
      ...(await planPruning(paths.backups, "full", fullPolicy(), now)),
    ];
    return plans.toSorted((one, other) => (one.takenAt < other.takenAt ? 1 : -1));
  }

  const automatic = services.automatic
    ? startAutomatic({
        directory: paths.backups,
        settings,
        mark: () => changeMark(session),
        list: async () => ownBackups(await listBackups(paths.backups)),
        take: () => take({}, "scheduled"),
        prove: (file) => verify(file, true, {}, true),
        full: {
          recipient: services.recoveryRecipient,
          mark: async () =>
            [
              await changeMark(session),
              await filesMark(paths.root, work.stopped),
              await services.recoveryRecipient(),
            ].join(" "),
          take: () => takeFull({}, "scheduled"),
        },
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
        automatic: automatic ? await automatic.state(ownBackups(backups)) : await notHere(services),
        work: work.current(),
      };
    },
    take: (choice = {}) => take(choice, "manual"),
    takeFull: (choice) => takeFull(choice, "manual"),
    verify: (name, prove, opening = {}) => verify(name, prove, opening, false),
    prune: async (preview, preset) => {
      if (preview) {
        const backups = await planAll(preset);
        return { removed: false, backups, freedBytes: freedBytes(backups) };
      }
      return work.alone("pruning", false, async () => {
        const backups = await planAll(preset);
        const [stuck] = (await prune(paths.backups, backups)).stuck;
        if (stuck) throw stuck.why;
        return { removed: true, backups, freedBytes: freedBytes(backups) };
      });
    },
    follow: work.follow,
    cancel: work.cancel,
    busy: work.busy,
    stop: async () => {
      const automaticEnds = automatic?.stop();
      await work.stop();
      await automaticEnds;
      await clearProofs({ scratch, unpacked }, log);
    },
  };
}

/** How backups by interval are where another process may take them. */
async function notHere({ settings, recoveryRecipient }: BackupServices): Promise<AutomaticBackups> {
  const { enabled, fullEveryDays } = settings();
  // Where the database does not answer, whether there is a code is not known.
  const hasCode = fullEveryDays === 0 || (await recoveryRecipient().catch(() => undefined)) !== null;
  const nothing = { nextAt: null, unchangedAt: null, failure: null };
  const full = fullEveryDays === 0 ? "off" : hasCode ? "elsewhere" : "no_code";
  return { state: enabled ? "elsewhere" : "off", ...nothing, full: { state: full, ...nothing } };
}

/** The passphrase in the form in which it is used, or a refusal. */
function strongEnough(passphrase: string): string {
  const text = passphrase.normalize("NFC");
  const { strength, advice } = judgePassphrase(text);
  if (strength !== "refused") return text;
  const message = advice ?? "It is too weak.";
  throw new Refusal("passphrase_weak", `Nothing was backed up: the passphrase cannot be used. ${message}`, {
    next: "Whoever has the file can try guesses for ever: choose four words that have nothing to do with each other.",
    fields: { passphrase: message },
  });
}

function notAbsolute(field: string, given: string): Refusal {
  return new Refusal("invalid_input", `"${given}" is no absolute path.`, {
    next: "Give the whole path.",
    fields: { [field]: "must be an absolute path" },
  });
}
