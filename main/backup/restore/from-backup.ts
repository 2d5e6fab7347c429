import path from "node:path";
import type { Restored, RestorePreview } from "../../../preload/contract/restore.ts";
import { asRefusal, Refusal } from "../../contract/refusal.ts";
import { statementFailure } from "../../database/statement-failure.ts";
import { readKeyRows } from "../../secrets/key-rows.ts";
import type { KeyRing } from "../../secrets/key-ring.ts";
import { otherBackup, refusalFor } from "../damaged.ts";
import { fullContentOf, headOf } from "../folder.ts";
import type { Opening } from "../full/read.ts";
import { type LoadedBackup, refuseUnknownSchema } from "../load.ts";
import { leftInFile } from "../own-tables.ts";
import { noteProof, seeFile, type SeenFile } from "../proofs.ts";
import { buildFromBackup } from "./build.ts";
import { incomingFiles } from "./full-files.ts";
import { ifItAnswers } from "./if-it-answers.ts";
import { fullNotes, judgeKeys, judgeLoss, judgeSpace, NOTES, rowsByTable } from "./preview.ts";
import { isThere } from "./places.ts";
import { loadIntoServer, refuseFilled, refuseShared } from "./server.ts";
import { recoveryNotes } from "./recovery-notes.ts";
import { leaveWaiting } from "./server-files.ts";
import type { RestoreServices } from "./services.ts";
import { identityOf, openSource, type RestoreSource } from "./source.ts";
import { buildOptions, finishEarlier, smallFiles, swap, whileReadOnly } from "./swap.ts";
import { busy, type Doing } from "./turn.ts";

/** A backup that is to be put in place, and what opens it. */
export interface Wanted {
  /** An absolute path. */
  readonly file: string;
  readonly opening: Opening;
}

/** One that is to be put in place now. */
export interface Chosen extends Wanted {
  /** Of its preview, where there was one. */
  readonly identity: string | undefined;
}

/** What a backup would bring and what it would cost; nothing is changed. Refuses what could never be put in place. */
export async function previewBackup(services: RestoreServices, wanted: Wanted, doing: Doing): Promise<RestorePreview> {
  const { places, migrations, stage } = services;
  const source = await read(services, wanted, false, doing);
  const { header, tables } = source.content;
  const space = await judgeSpace(source, places.database);
  const refusal = await whyNot(services, space);
  const recoverable = tables.some((table) => table.name === "vault_recoveries" && table.rows > 0);
  const recovery = await ifItAnswers(services, async ({ orm }) => (await readKeyRows(orm)).recovery);
  return {
    ...headOf(wanted.file, header, source.bytes),
    identity: identityOf(source),
    kind: source.full === null ? ("database" as const) : ("full" as const),
    rows: tables.reduce((sum, table) => sum + table.rows, 0),
    tables: rowsByTable(source.content),
    notRestored: leftInFile(source.content, migrations),
    full: source.full === null ? null : fullContentOf(source.full.content),
    migrations: migrations.length - header.schema.migrations.length,
    keys: judgeKeys(
      header,
      { recoverable, inside: source.full?.keyId ?? null, mode: services.mode },
      await stage.ring(),
    ),
    current: await ifItAnswers(services, ({ orm }) => judgeLoss(orm, source.content)),
    space,
    refused: refusal === null ? null : { message: refusal.message, next: refusal.data.next ?? null },
    notes: [
      ...recoveryNotes(source.content.recovery, recovery),
      ...(source.full === null ? NOTES : fullNotes(services.mode)),
    ],
  };
}

/** Reads it whole and against its sums; refuses what this app could not put in place. */
async function read(
  { places, migrations }: RestoreServices,
  { file, opening }: Wanted,
  open: boolean,
  { signal, show }: Doing,
): Promise<RestoreSource> {
  const onProgress = (done: number, size: number) => show({ done: done / Math.max(1, size) });
  const source = await openSource({ file, opening, open, signal, onProgress }, places.opened);
  try {
    refuseUnknownSchema(source.content.header, migrations);
    return source;
  } catch (error) {
    await source.close();
    throw refusalFor(file, error);
  }
}

/** Why a backup that takes this much space cannot be put in place as things stand, or null. */
async function whyNot(
  { mode, stage, paths, places, migrations, clock }: RestoreServices,
  space: RestorePreview["space"],
): Promise<Refusal | null> {
  const live = stage.live();
  if (mode === "postgres") {
    if (live === null) return noServer(stage.whyClosed());
    const { orm, pool } = live.database;
    try {
      return (await refuseShared(orm, paths, clock.now())) ?? (await refuseFilled(pool, migrations));
    } catch (error) {
      const away = statementFailure(error);
      if (away === null) throw error;
      return noServer(away);
    }
  }
  if (space.freeBytes === null || space.freeBytes >= space.neededBytes) return live?.busy() ?? null;
  const mebibytes = (bytes: number) => Math.ceil(bytes / 1024 / 1024);
  return new Refusal(
    "disk_full",
    `Nothing was restored: ${path.dirname(places.database)} has ${mebibytes(space.freeBytes)} MiB free, and about ${mebibytes(space.neededBytes)} MiB are needed, because the database in use is kept.`,
    { next: "Free some space there, then try again.", details: { ...space } },
  );
}

/**
 * Puts a backup in place of what is in use, which is kept. Refuses before anything is touched; from the swap on it is carried
 * out, or the earlier state is put back whole.
 */
export async function restoreBackup(services: RestoreServices, wanted: Chosen, doing: Doing): Promise<Restored> {
  const { paths, places, migrations, stage, clock, log } = services;
  const { signal, show } = doing;
  await finishEarlier(services);
  const seen = await seeFile(wanted.file);
  const source = await read(services, wanted, true, doing);
  try {
    const { content, archive, full } = source;
    if (archive === null) throw new Error("the backup was only read");
    if (wanted.identity !== undefined && wanted.identity !== identityOf(source)) throw otherBackup(wanted.file);
    const refusal = await whyNot(services, await judgeSpace(source, places.database));
    if (refusal) throw refusal;
    const ring = await stage.ring();
    const now = clock.now();
    const name = path.basename(source.file);
    const notRestored = leftInFile(content, migrations);
    const told = { source: name, stateOf: content.header.takenAt, notRestored };
    const rows = content.tables.reduce((sum, table) => sum + table.rows, 0);
    const onProgress = (read: number, size: number) => show({ done: read / Math.max(1, size) });
    if (services.mode === "postgres") {
      const loaded = await intoServer(services, source, archive, { doing, ring, now, name, onProgress });
      await noteRestored(services, seen, loaded);
      const live = stage.live();
      const opens = !(live?.isLocked() ?? false);
      log.info({ file: name, rows, opens }, "a backup was restored into a server");
      return { kind: "restore", ...told, opens, kept: null, keptAside: [...(live?.keptAside ?? [])], rows };
    }
    show({ phase: "stopping", done: 0 });
    const built = await whileReadOnly(services, async () => {
      show({ phase: "loading", done: 0 });
      const options = {
        ...buildOptions(services, ring, now, signal),
        archive,
        expected: content,
        source: name,
        onProgress,
      };
      const ready = await buildFromBackup(options);
      signal.throwIfAborted();
      return ready;
    });
    // The key here stays where it opens what comes; else the one in the backup takes its place, where it holds one.
    const withKey = !built.opens && full?.keyId !== null;
    const files = full === null ? [] : await incomingFiles(paths, full, withKey);
    const kept = await swap(services, show, {
      database: places.building,
      files: [{ place: places.heads, incoming: built.heads }, ...files],
      copies: smallFiles(services, files),
      before: "restore",
      source: name,
      keyId: ring.currentId,
      now,
    });
    await noteRestored(services, seen, built.content);
    // Where the key is looked for may have come with the settings: what is open tells.
    const opens = !(stage.live()?.isLocked() ?? false);
    log.info({ file: name, rows, opens }, "a backup was restored");
    return { kind: "restore", ...told, opens, kept, keptAside: [], rows };
  } finally {
    // What was decided and could not be carried out yet needs it.
    if (!(await isThere(places.intent))) await source.close();
  }
}

interface IntoServer {
  readonly doing: Doing;
  readonly ring: KeyRing;
  readonly now: Date;
  readonly name: string;
  readonly onProgress: (read: number, size: number) => void;
}

async function intoServer(
  { paths, places, migrations, stage }: RestoreServices,
  { content, full }: RestoreSource,
  archive: string,
  { doing, ring, now, name, onProgress }: IntoServer,
): Promise<LoadedBackup> {
  const session = stage.live()?.session;
  if (!session) throw noServer(stage.whyClosed());
  doing.show({ phase: "loading", done: 0 });
  try {
    await stage.close(busy());
    const options = {
      archive,
      expected: content,
      paths,
      session,
      migrations,
      ring,
      now,
      source: name,
      signal: doing.signal,
      onProgress,
      beside: async ({ opens, holdId }: { readonly opens: boolean; readonly holdId: string }) => {
        if (full === null) return;
        const files = await incomingFiles(paths, full, !opens && full.keyId !== null);
        await leaveWaiting(places, holdId, { files, source: name, session, now });
      },
    };
    const loaded = await loadIntoServer(options, places);
    doing.show({ phase: "starting", done: 0, cancellable: false });
    return loaded;
  } finally {
    // What was laid aside is put in place now, where its rows were committed.
    await stage.open({ readOnly: false });
  }
}

/**
 * A restore has held a backup against its sums, loaded it, and compared and migrated it, as a proof does: it is noted as one. Only in
 * the folder of backups: nothing is written beside a file elsewhere, such as on a stick. What keeps it from being noted is in the log.
 */
async function noteRestored(
  { paths, clock, log }: RestoreServices,
  seen: SeenFile,
  { differences }: LoadedBackup,
): Promise<void> {
  if (path.dirname(seen.file) !== paths.backups) return;
  await noteProof(seen, clock.now(), differences).catch((error: unknown) => {
    log.warn({ file: seen.file, error }, "that a restore has proven its backup could not be noted");
  });
}

/** That the server's database is not open or does not answer, with the reason. */
function noServer(reason: unknown): Refusal {
  const why = asRefusal(reason);
  if (why) return new Refusal(why.code, `Nothing was restored. ${why.message}`, why.data, why);
  return new Refusal("database_unavailable", "Nothing was restored: the server of DATABASE_URL does not answer.", {
    next: "Check the server and the way to it, then try again.",
  });
}
