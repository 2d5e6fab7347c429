import path from "node:path";
import type {
  Restored,
  RestoreHold,
  RestorePreview,
  RestoreWork,
  KeptState as ShownKept,
} from "../../../preload/contract/restore.ts";
import { Refusal } from "../../contract/refusal.ts";
import type { Executor } from "../../database/database.ts";
import { releaseHold, type Released } from "../../routines/hold-release.ts";
import { countHeldBack, readHold } from "../../runs/hold.ts";
import type { Opening } from "../full/read.ts";
import { previewBackup, restoreBackup } from "./from-backup.ts";
import { ifItAnswers } from "./if-it-answers.ts";
import { isThere, readKept, removeKept, removeRemoved, shownKept } from "./places.ts";
import { tidyReplaced } from "./server-files.ts";
import type { RestoreServices } from "./services.ts";
import { busy, oneAtATime } from "./turn.ts";
import { undoRestore } from "./undo.ts";
import { type UnreadableKept, unreadableKept } from "./unreadable.ts";

/** Restores of an instance. One thing is done at a time. */
export interface Restores {
  /** No hold is told where the database does not answer. */
  state(): Promise<{ work: RestoreWork | null; kept: ShownKept[]; hold: RestoreHold | null }>;
  /** What is kept and cannot be read, which nobody but the operator removes. */
  unreadable(): Promise<UnreadableKept[]>;
  /** What opens a backup of everything is given with it. */
  preview(file: string, opening?: Opening): Promise<RestorePreview>;
  /** `identity` is that of its preview: another backup that stands there by then is refused. */
  restore(file: string, opening?: Opening, identity?: string): Promise<Restored>;
  undo(id: string | undefined): Promise<Restored>;
  release(queued: "start" | "cancel"): Promise<Released>;
  /** False where nothing is being done that can still be given up. */
  cancel(): boolean;
  /** What is being done; while a backup is loaded, nothing else can be changed. */
  work(): RestoreWork | null;
  /** Tells of runs that were ended while something is done. */
  noteEnded(runs: number): void;
  /** Removes what was kept for longer than it is promised. Nothing needs to wait for it. */
  tidy(): Promise<void>;
  /** Gives up what can be given up, and waits for the end. */
  stop(): Promise<void>;
}

/** What holds the database back, as it is told, or null. */
async function shownHold(executor: Executor): Promise<RestoreHold | null> {
  const hold = await readHold(executor);
  if (hold === null) return null;
  return {
    kind: hold.kind,
    source: hold.source,
    stateOf: hold.stateOf.toISOString(),
    beganAt: hold.beganAt.toISOString(),
    queued: await countHeldBack(executor, hold),
  };
}

/** Milliseconds between two looks for kept states that are over. */
const TIDY_MS = 6 * 3_600_000;

export function createRestores(services: RestoreServices): Restores {
  const { paths, places, stage, clock, log, changed } = services;
  const turn = oneAtATime(services);

  const fileOf = (name: string): string => {
    if (path.isAbsolute(name) || name === path.basename(name)) return path.resolve(paths.backups, name);
    throw new Refusal("invalid_input", `"${name}" is no absolute path.`, {
      next: "Give the whole path.",
      fields: { file: "must be an absolute path" },
    });
  };

  let isStopped = false;
  let tidying: Promise<void> = Promise.resolve();
  /** A removal that has begun: an undo waits for its end, and none begins while something is done. */
  let removing: Promise<unknown> = Promise.resolve();

  /** What stays all the same is in the log: nothing depends on it. */
  const tidy = () => {
    tidying = tidying
      .then(removeWhatIsOver)
      .catch((error: unknown) => log.warn({ error }, "what is kept of a restore could not be tidied up"));
    return tidying;
  };

  async function removeWhatIsOver(): Promise<void> {
    // What was decided and not carried out may need what is kept.
    if (turn.shown() !== null || (await isThere(places.intent))) return;
    await tidyReplaced(places, clock.now(), log);
    await removeRemoved(places, log);
    const now = clock.now().toISOString();
    for (const state of await readKept(places)) {
      if (state.expiresAt > now) continue;
      if (isStopped || turn.shown() !== null) return;
      const removal = removeKept(places, state, log);
      removing = removal.catch(() => undefined);
      await removal;
      log.info({ id: state.id }, "what was in use before a restore was kept for 7 days and is removed");
      changed();
    }
  }
  let cancelTidying = () => undefined as void;
  const tidyLater = () => {
    if (!isStopped) cancelTidying = clock.after(TIDY_MS, () => void tidy().finally(tidyLater));
  };
  tidyLater();

  return {
    work: turn.shown,
    noteEnded: turn.noteEnded,
    tidy,
    unreadable: unreadableKept(places),
    state: async () => ({
      work: turn.shown(),
      kept: await Promise.all((await readKept(places)).map((one) => shownKept(places, one))),
      hold: await ifItAnswers(services, ({ orm }) => shownHold(orm)),
    }),
    preview: (name, opening = {}) =>
      turn.alone("preview", async (doing) => previewBackup(services, { file: fileOf(name), opening }, doing)),
    restore: (name, opening = {}, identity) =>
      turn.alone("restore", async (doing) => restoreBackup(services, { file: fileOf(name), opening, identity }, doing)),
    undo: (id) =>
      turn.alone("undo", async (doing) => {
        await removing;
        return undoRestore(services, id, doing);
      }),
    release: async (queued) => {
      const live = stage.live();
      if (live === null || turn.shown() !== null) throw busy();
      const released = await releaseHold({ database: live.database, clock }, queued);
      log.info({ triggers: released.triggers, queued: released.queued }, "what was restored was released");
      changed();
      return released;
    },
    cancel: turn.cancel,
    stop: async () => {
      isStopped = true;
      cancelTidying();
      await turn.stop();
      await tidying;
    },
  };
}
