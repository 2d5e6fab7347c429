import { rm } from "node:fs/promises";
import path from "node:path";
import type {
  Restored,
  RestoreHold,
  RestorePreview,
  RestoreWork,
  KeptState as ShownKept,
} from "../../../preload/contract/restore.ts";
import { asRefusal, Refusal } from "../../contract/refusal.ts";
import type { ConnectionOptions, Database } from "../../database/database.ts";
import type { ScratchOptions } from "../../database/embedded/scratch.ts";
import type { MigrationFile } from "../../database/migration-files.ts";
import { statementFailure } from "../../database/statement-failure.ts";
import type { Clock } from "../../instance/clock.ts";
import { readConfig } from "../../instance/config.ts";
import type { Log } from "../../instance/log.ts";
import type { InstancePaths } from "../../instance/paths.ts";
import { releaseHold, type Released } from "../../routines/hold-release.ts";
import { countHeldBack, readHold } from "../../runs/hold.ts";
import type { KeyRing } from "../../secrets/key-ring.ts";
import { fullContentOf, headOf } from "../folder.ts";
import { refusalFor } from "../damaged.ts";
import { refuseUnknownSchema } from "../load.ts";
import { leftInFile } from "../own-tables.ts";
import type { Opening } from "../full/read.ts";
import { buildFromBackup, prepareKept } from "./build.ts";
import { incomingFiles, settingsWithCustody } from "./full-files.ts";
import { finishIntent, writeIntent } from "./intent.ts";
import { type KeptState, readKept, removeKept, removeUnfinished, type RestorePlaces } from "./places.ts";
import { type IncomingFile, planSwap, reverse, type SwapPlan } from "./plan.ts";
import { FULL_NOTES, judgeKeys, judgeLoss, judgeSpace, NOTES, rowsByTable } from "./preview.ts";
import { loadIntoServer, refuseFilled, refuseShared } from "./server.ts";
import { openSource, type RestoreSource } from "./source.ts";

/** The instance in use, as a restore sees it. */
export interface Live {
  readonly database: Database;
  readonly mode: "embedded" | "postgres";
  readonly session: ConnectionOptions;
  /** What keeps it from being closed now, or null. */
  busy(): Refusal | null;
  /** Whether its secrets stay closed, because its key is not where it is looked for. */
  isLocked(): boolean;
}

/** What a restore does with the rest of the instance while it goes on. */
export interface Stage {
  /** Null where it could not be opened, such as with a damaged database. */
  live(): Live | null;
  /** Keys that are at hand here. */
  ring(): Promise<KeyRing>;
  open(how: { readonly readOnly: boolean }): Promise<unknown>;
  /** Whoever calls meanwhile waits, or is refused where there is a reason. */
  close(why?: Refusal): Promise<void>;
}

export interface RestoreServices {
  readonly paths: InstancePaths;
  readonly places: RestorePlaces;
  readonly mode: "embedded" | "postgres";
  readonly migrations: readonly MigrationFile[];
  readonly stage: Stage;
  /** The built entry of the thread that decrypts. */
  readonly ageEntry: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly processEnv: NodeJS.ProcessEnv;
  readonly embedded?: ScratchOptions["embedded"];
  /** Told when something begins, goes into another phase, or ends. */
  readonly changed: () => void;
}

/** Restores of an instance. One thing is done at a time. */
export interface Restores {
  state(): Promise<{ work: RestoreWork | null; kept: ShownKept[]; hold: RestoreHold | null }>;
  /** What opens a backup of everything is given with it. */
  preview(file: string, opening?: Opening): Promise<RestorePreview>;
  restore(file: string, opening?: Opening): Promise<Restored>;
  undo(id: string | undefined): Promise<Restored>;
  release(queued: "start" | "cancel"): Promise<Released>;
  /** False where nothing is being done that can still be given up. */
  cancel(): boolean;
  /** What is being done; while a backup is loaded, nothing else can be changed. */
  work(): RestoreWork | null;
  /** Removes what was kept for longer than it is promised. */
  tidy(): Promise<void>;
  /** Gives up what can be given up, and waits for the end. */
  stop(): Promise<void>;
}

/** Milliseconds between two looks for kept states that are over. */
const TIDY_MS = 6 * 3_600_000;

export function createRestores(services: RestoreServices): Restores {
  const { paths, places, migrations, stage, clock, log, changed } = services;
  let work: { shown: RestoreWork; readonly giveUp: AbortController; readonly ended: Promise<unknown> } | null = null;

  interface Doing {
    readonly signal: AbortSignal;
    readonly show: (shown: Partial<RestoreWork>) => void;
  }

  async function alone<Answer>(kind: RestoreWork["kind"], task: (doing: Doing) => Promise<Answer>): Promise<Answer> {
    if (work !== null) throw busy();
    const giveUp = new AbortController();
    const startedAt = clock.now().toISOString();
    const shown: RestoreWork = { kind, phase: "verifying", done: 0, startedAt, cancellable: true };
    const show = (now: Partial<RestoreWork>) => {
      if (work?.giveUp !== giveUp) return;
      const phase = work.shown.phase;
      work.shown = { ...work.shown, ...now };
      if (work.shown.phase !== phase) changed();
    };
    const running = Promise.resolve().then(() => task({ signal: giveUp.signal, show }));
    work = { shown, giveUp, ended: running.catch(() => undefined) };
    changed();
    try {
      return await running;
    } catch (error) {
      const refusal = asRefusal(error) ?? statementFailure(error);
      throw giveUp.signal.aborted && !refusal ? cancelled() : (refusal ?? error);
    } finally {
      work = null;
      changed();
    }
  }

  const fileOf = (name: string): string => {
    if (path.isAbsolute(name) || name === path.basename(name)) return path.resolve(paths.backups, name);
    throw new Refusal("invalid_input", `"${name}" is no absolute path.`, {
      next: "Give the whole path.",
      fields: { file: "must be an absolute path" },
    });
  };

  /** Reads it whole and against its sums; refuses what this app could not put in place. */
  async function read(file: string, opening: Opening, open: boolean, { signal, show }: Doing): Promise<RestoreSource> {
    const onProgress = (done: number, size: number) => show({ done: done / Math.max(1, size) });
    const { ageEntry } = services;
    const source = await openSource({ file, opening, open, signal, onProgress }, { ageEntry, into: places.opened });
    try {
      refuseUnknownSchema(source.content.header, migrations);
      return source;
    } catch (error) {
      await source.close();
      throw refusalFor(file, error);
    }
  }

  async function whyNot(space: RestorePreview["space"]): Promise<Refusal | null> {
    const live = stage.live();
    if (services.mode === "postgres") {
      if (live === null) return noServer();
      return (await refuseShared(live.database.orm, paths, clock.now())) ?? refuseFilled(live.database);
    }
    if (space.freeBytes === null || space.freeBytes >= space.neededBytes) return live?.busy() ?? null;
    const mebibytes = (bytes: number) => Math.ceil(bytes / 1024 / 1024);
    return new Refusal(
      "disk_full",
      `Nothing was restored: ${path.dirname(places.database)} has ${mebibytes(space.freeBytes)} MiB free, and about ${mebibytes(space.neededBytes)} MiB are needed, because the database in use is kept.`,
      { next: "Free some space there, then try again.", details: { ...space } },
    );
  }

  async function restoreFrom(file: string, opening: Opening, doing: Doing): Promise<Restored> {
    const { signal, show } = doing;
    const source = await read(file, opening, true, doing);
    try {
      const { content, archive, full } = source;
      if (archive === null) throw new Error("the backup was only read");
      const refusal = await whyNot(await judgeSpace(content, places.database));
      if (refusal) throw refusal;
      const ring = await stage.ring();
      const now = clock.now();
      const name = path.basename(source.file);
      const notRestored = leftInFile(content, migrations);
      const told = { source: name, stateOf: content.header.takenAt, notRestored };
      const rows = content.tables.reduce((sum, table) => sum + table.rows, 0);
      const onProgress = (read: number, size: number) => show({ done: read / Math.max(1, size) });
      if (services.mode === "postgres") {
        const { opens } = await intoServer(archive, { doing, ring, now, name, onProgress });
        return { kind: "restore", ...told, opens, kept: null, rows };
      }
      show({ phase: "stopping", done: 0 });
      const built = await whileReadOnly(async () => {
        show({ phase: "loading", done: 0 });
        const options = { ...build(ring, now, signal), archive, source: name, onProgress };
        const ready = await buildFromBackup(options);
        signal.throwIfAborted();
        return ready;
      });
      // The key here stays where it opens what comes; else the one in the backup takes its place, where it holds one.
      const withKey = !built.opens && full?.keyId !== null;
      const files = full === null ? [] : await incomingFiles(paths, full, withKey);
      const kept = await swap(show, {
        database: places.building,
        files: [{ place: places.heads, incoming: built.heads }, ...files],
        copies: smallFiles(files),
        before: "restore",
        source: name,
        keyId: ring.currentId,
        now,
      });
      // Where the key is looked for may have come with the settings: what is open tells.
      const opens = !(stage.live()?.isLocked() ?? false);
      log.info({ file: name, rows, opens }, "a backup was restored");
      return { kind: "restore", ...told, opens, kept: kept === null ? null : shownKept(kept), rows };
    } finally {
      await source.close();
    }
  }

  /** Files that go with a database and that a restore does not replace: they are kept as they are now. */
  const smallFiles = (replaced: readonly IncomingFile[]) =>
    [paths.masterKey, headsInUse].filter((entry) => !replaced.some(({ place }) => place === entry));
  const headsInUse = path.join(paths.secrets, "audit-heads.json");

  const build = (ring: KeyRing, now: Date, signal: AbortSignal) => {
    const { processEnv, embedded } = services;
    return { paths, places, migrations, ring, now, signal, log, processEnv, ...(embedded ? { embedded } : {}) };
  };

  /** What is done beside the instance while it can only be read. Where that fails, it goes on as before. */
  async function whileReadOnly<Answer>(task: () => Promise<Answer>): Promise<Answer> {
    const wasOpen = stage.live() !== null;
    try {
      if (wasOpen) await stage.open({ readOnly: true });
      return await task();
    } catch (error) {
      await removeUnfinished(places, log);
      if (wasOpen) await stage.open({ readOnly: false });
      throw error;
    }
  }

  /** From here on it is carried out, or the earlier state is put back whole. Answers what is kept of it. */
  async function swap(show: Doing["show"], plan: Omit<SwapPlan, "custody">): Promise<KeptState | null> {
    show({ phase: "swapping", done: 0, cancellable: false });
    const wasOpen = stage.live() !== null;
    let decided;
    try {
      await stage.close();
      decided = await planSwap(places, { ...plan, custody: (await readConfig(paths)).secrets.custody });
      await writeIntent(places, decided);
    } catch (error) {
      await removeUnfinished(places, log);
      if (wasOpen) await stage.open({ readOnly: false });
      throw error;
    }
    try {
      await finishIntent(places, log);
      show({ phase: "starting", done: 0 });
      await stage.open({ readOnly: false });
    } catch (error) {
      log.error({ error }, "what was restored could not be opened; what was in use before is put back");
      await stage.close();
      await writeIntent(places, reverse(decided));
      await finishIntent(places, log);
      await removeUnfinished(places, log);
      if (wasOpen) await stage.open({ readOnly: false });
      throw notOpened(error);
    }
    await removeUnfinished(places, log);
    return decided.keep?.database === null ? null : decided.keep;
  }

  async function intoServer(
    archive: string,
    { doing, ring, now, name, onProgress }: IntoServer,
  ): Promise<{ opens: boolean }> {
    const session = stage.live()?.session;
    if (!session) throw noServer();
    doing.show({ phase: "loading", done: 0 });
    await stage.close(busy());
    try {
      const options = {
        archive,
        paths,
        session,
        migrations,
        ring,
        now,
        source: name,
        signal: doing.signal,
        onProgress,
      };
      const { opens, heads } = await loadIntoServer(options, places);
      doing.show({ phase: "starting", done: 0, cancellable: false });
      await rm(places.heads, { force: true });
      await heads();
      return { opens };
    } finally {
      await stage.open({ readOnly: false });
    }
  }
  interface IntoServer {
    readonly doing: Doing;
    readonly ring: KeyRing;
    readonly now: Date;
    readonly name: string;
    readonly onProgress: (read: number, size: number) => void;
  }

  async function putBack(id: string | undefined, { signal, show }: Doing): Promise<Restored> {
    if (services.mode === "postgres") throw nothingKept("Nothing of a database on a server of yours is kept.");
    const all = await readKept(places);
    const state = id === undefined ? all[0] : all.find((one) => one.id === id);
    if (!state) throw nothingKept(id === undefined ? "Nothing is kept." : `Nothing is kept under ${id}.`);
    const refusal = stage.live()?.busy();
    if (refusal) throw refusal;
    const ring = await stage.ring();
    const now = clock.now();
    const at = (stored: string) => path.resolve(places.root, stored);
    const wasOpen = stage.live() !== null;
    show({ phase: "stopping", done: 0 });
    let built;
    const data = state.database === null ? null : at(state.database);
    const stateOf = new Date(state.keptAt);
    const source = state.before === "restore" ? `the state before ${state.source}` : `the state before an undo`;
    try {
      await stage.close();
      await rm(places.work, { recursive: true, force: true });
      show({ phase: "loading" });
      built = data === null ? null : await prepareKept({ ...build(ring, now, signal), data, source, stateOf });
      signal.throwIfAborted();
    } catch (error) {
      if (wasOpen) await stage.open({ readOnly: false });
      throw error;
    }
    // The key in use stays where it opens what comes back, by itself or because it took the place of its key.
    const keyStays = built?.opens !== false || ring.currentId === state.keyId;
    const files: IncomingFile[] = state.files
      .map(({ place, kept }) => ({ place: at(place), incoming: kept === null ? null : at(kept) }))
      .filter(({ place }) => place !== paths.masterKey || !keyStays);
    if (!keyStays && state.custody !== undefined && !files.some(({ place }) => place === paths.config)) {
      const settings = await settingsWithCustody(paths, state.custody, places.work);
      if (settings !== null) files.push(settings);
    }
    const kept = await swap(show, {
      database: data,
      files,
      copies: smallFiles(files),
      before: "undo",
      source,
      keyId: ring.currentId,
      now,
    });
    await rm(path.join(places.kept, state.id), { recursive: true, force: true });
    const opens = !(stage.live()?.isLocked() ?? false);
    log.info({ id: state.id }, "a restore was undone");
    const told = { source, stateOf: state.keptAt, opens, rows: null, notRestored: [] };
    return { kind: "undo", ...told, kept: kept === null ? null : shownKept(kept) };
  }

  async function tidy(): Promise<void> {
    if (work !== null) return;
    const now = clock.now().toISOString();
    for (const state of await readKept(places)) {
      if (state.expiresAt > now) continue;
      await removeKept(places, state, log);
      log.info({ id: state.id }, "what was in use before a restore was kept for 7 days and is removed");
      changed();
    }
  }
  let cancelTidying = () => undefined as void;
  const tidyLater = () => {
    cancelTidying = clock.after(TIDY_MS, () => {
      tidy()
        .catch((error: unknown) => log.warn({ error }, "what is kept of a restore could not be tidied up"))
        .finally(tidyLater);
    });
  };
  tidyLater();

  return {
    work: () => work?.shown ?? null,
    tidy,
    state: async () => {
      const live = stage.live();
      const hold = live === null ? null : await readHold(live.database.orm);
      return {
        work: work?.shown ?? null,
        kept: (await readKept(places)).map(shownKept),
        hold:
          live === null || hold === null
            ? null
            : {
                kind: hold.kind,
                source: hold.source,
                stateOf: hold.stateOf.toISOString(),
                beganAt: hold.beganAt.toISOString(),
                queued: await countHeldBack(live.database.orm, hold),
              },
      };
    },
    preview: (name, opening = {}) =>
      alone("preview", async (doing) => {
        const file = fileOf(name);
        const source = await read(file, opening, false, doing);
        const { header, tables } = source.content;
        const live = stage.live();
        const space = await judgeSpace(source.content, places.database);
        const refusal = await whyNot(space);
        const recoverable = tables.some((table) => table.name === "vault_recoveries" && table.rows > 0);
        return {
          ...headOf(file, header, source.bytes),
          kind: source.full === null ? ("database" as const) : ("full" as const),
          rows: tables.reduce((sum, table) => sum + table.rows, 0),
          tables: rowsByTable(source.content),
          notRestored: leftInFile(source.content, migrations),
          full: source.full === null ? null : fullContentOf(source.full.content),
          migrations: migrations.length - header.schema.migrations.length,
          keys: judgeKeys(header, { recoverable, inside: source.full?.keyId ?? null }, await stage.ring()),
          current: live === null ? null : await judgeLoss(live.database.orm, header),
          space,
          refused: refusal === null ? null : { message: refusal.message, next: refusal.data.next ?? null },
          notes: source.full === null ? NOTES : [...FULL_NOTES, ...NOTES],
        };
      }),
    restore: (name, opening = {}) => alone("restore", (doing) => restoreFrom(fileOf(name), opening, doing)),
    undo: (id) => alone("undo", (doing) => putBack(id, doing)),
    release: async (queued) => {
      const live = stage.live();
      if (live === null || work !== null) throw busy();
      const released = await releaseHold({ database: live.database, clock }, queued);
      log.info({ triggers: released.triggers, queued: released.queued }, "what was restored was released");
      changed();
      return released;
    },
    cancel: () => {
      if (work === null || !work.shown.cancellable) return false;
      work.giveUp.abort();
      return true;
    },
    stop: async () => {
      cancelTidying();
      work?.giveUp.abort();
      await work?.ended;
    },
  };
}

function shownKept({ id, keptAt, expiresAt, before, source }: KeptState): ShownKept {
  return { id, keptAt, expiresAt, before, source };
}

function busy(): Refusal {
  return new Refusal("restore_running", "A restore is under way: nothing else can be done until it is over.", {
    next: "Wait until it is done, then try again.",
  });
}

function cancelled(): Refusal {
  return new Refusal("backup_cancelled", "The restore was cancelled; nothing was changed.");
}

function noServer(): Refusal {
  return new Refusal("database_unavailable", "Nothing was restored: the server of DATABASE_URL does not answer.", {
    next: "Check the server and the way to it, then try again.",
  });
}

function nothingKept(why: string): Refusal {
  return new Refusal("restore_missing", `There is no restore to undo. ${why}`, {
    next: "What was in use before a restore is kept for 7 days. Older states are in backups: `paperclip-desktop backups list`",
  });
}

function notOpened(error: unknown): unknown {
  const refusal = asRefusal(error);
  if (!refusal) return error;
  return new Refusal(
    refusal.code,
    `What was restored could not be opened, and what was in use before was put back. ${refusal.message}`,
    refusal.data,
    error,
  );
}
