import { stat } from "node:fs/promises";
import path from "node:path";
import type { AutomaticBackups, BackupEntry, VerifiedBackup, WholeBackup } from "../../preload/contract/backups.ts";
import { asRefusal } from "../contract/refusal.ts";
import { statementFailure } from "../database/statement-failure.ts";
import type { Clock } from "../instance/clock.ts";
import type { Config } from "../instance/config.ts";
import type { Log } from "../instance/log.ts";
import { createAlarm } from "../runs/alarm.ts";
import { automaticFull, type AutomaticFullOptions } from "./automatic-full.ts";
import { automaticNotes, failureOf, unlessMended, type AutomaticState } from "./automatic-state.ts";

/** The clocks are looked at so often, in milliseconds, so that waking from sleep and new settings are noticed. */
const LOOK_MS = 15_000;
/** The start of an app is left alone for so long. */
const QUIET_MS = 30_000;
/** After a failure it is tried again so soon, or after an interval where that is shorter. */
const RETRY_MS = 10 * 60_000;
/** A proof that failed is tried again so soon: the same file fails the same way most likely. */
const PROVE_AGAIN_MS = 6 * 3_600_000;
const MINUTE = 60_000;
const DAY = 24 * 3_600_000;

export interface AutomaticOptions {
  readonly directory: string;
  readonly settings: () => Config["backups"];
  /** Another text after anything was written to the database. */
  readonly mark: () => Promise<string>;
  readonly list: () => Promise<readonly BackupEntry[]>;
  readonly take: () => Promise<WholeBackup>;
  readonly prove: (file: string) => Promise<VerifiedBackup>;
  /** How full backups are taken. */
  readonly full: Pick<AutomaticFullOptions, "recipient" | "mark" | "take">;
  readonly clock: Clock;
  readonly log: Log;
  /** Something changed that is shown. */
  readonly changed: () => void;
}

export interface Automatic {
  /** How they fare, by the backups that there are. */
  state(entries: readonly BackupEntry[]): Promise<AutomaticBackups>;
  stop(): Promise<void>;
}

/**
 * Takes a backup when the newest one is older than the interval and something was written since, and proves one when the
 * last proof is older than wanted; then full ones as `automaticFull` says. It goes by the clock on the wall: a machine that slept past the time backs up when it
 * wakes. What fails is noted beside the backups, shown, and tried again.
 */
export function startAutomatic(options: AutomaticOptions): Automatic {
  const { directory, settings, clock, log } = options;
  const notes = automaticNotes(directory, options);
  const full = automaticFull({ ...options, ...options.full }, notes);
  let looking: Promise<void> | null = null;
  let stopping = false;
  /** The operator gave a backup up: the next one comes an interval later. */
  let notBefore = 0;
  const alarm = createAlarm(clock, QUIET_MS, () => {
    looking ??= look()
      .catch((error: unknown) => log.error({ error }, "backups by interval were not looked at"))
      .finally(() => {
        looking = null;
        alarm.setIn(LOOK_MS);
      });
  });
  alarm.setIn(QUIET_MS);

  async function look(): Promise<void> {
    await lookAtDatabase();
    if (!stopping) await full.look();
  }

  async function lookAtDatabase(): Promise<void> {
    const wanted = settings();
    if (stopping || !wanted.enabled) return;
    const state = await notes.read();
    const now = clock.now().getTime();
    await doing("taking", async () => {
      const databases = databasesOf(await options.list());
      if (now >= Math.max(notBefore, dueAt(state, databases, wanted))) return takeUnlessSame(state);
      const [newest] = databases;
      if (!newest || now < proofDueAt(state, databases, wanted)) return;
      await doing("proving", async () => {
        await options.prove(newest.path);
        await notes.note({ proving: null });
      });
    });
  }

  async function takeUnlessSame({ last }: AutomaticState): Promise<void> {
    const mark = await options.mark();
    if (last?.mark === mark && (await isThere(path.join(directory, last.file)))) {
      return notes.note({ unchangedAt: clock.now().toISOString(), taking: null });
    }
    const taken = await options.take();
    await notes.note({ last: { file: path.basename(taken.path), mark }, unchangedAt: null, taking: null });
  }

  /** Notes what fails; not that somebody else works on a backup, which is done at a later look. */
  async function doing(what: "taking" | "proving", work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const refusal = asRefusal(error) ?? statementFailure(error);
      if (stopping || refusal?.code === "backup_running") return;
      const now = clock.now();
      if (refusal?.code === "backup_cancelled") {
        notBefore = now.getTime() + settings().intervalMinutes * MINUTE;
        return;
      }
      log.warn({ error }, what === "taking" ? "no backup was taken by interval" : "a backup was not proven");
      const failure = failureOf(refusal, error, now);
      await notes.note(what === "taking" ? { taking: failure } : { proving: failure });
    }
  }

  return {
    state: async (entries) => {
      const state = await notes.read();
      const { unchangedAt, taking, proving } = state;
      const ofFull = await full.state(entries);
      if (!settings().enabled) return { state: "off", nextAt: null, unchangedAt, failure: null, full: ofFull };
      const databases = databasesOf(entries);
      const next = Math.max(notBefore, dueAt(state, databases, settings()));
      const nextAt = new Date(Math.max(next, clock.now().getTime())).toISOString();
      const takingFailed = unlessMended(
        taking,
        databases.map(({ takenAt }) => takenAt),
      );
      const provingFailed = unlessMended(
        settings().proveEveryDays > 0 ? proving : null,
        databases.map(({ provenAt }) => provenAt),
      );
      const failure = takingFailed
        ? { ...takingFailed, doing: "taking" as const }
        : provingFailed && { ...provingFailed, doing: "proving" as const };
      return { state: failure ? "failing" : "on", nextAt, unchangedAt, failure, full: ofFull };
    },
    stop: async () => {
      stopping = true;
      alarm.stop();
      await looking;
    },
  };
}

type Taken = Extract<BackupEntry, { state: "ok" }>;

function databasesOf(entries: readonly BackupEntry[]): Taken[] {
  return entries.filter((one) => one.state === "ok");
}

/** When the next backup is due, in milliseconds since 1970. */
function dueAt(
  { unchangedAt, taking }: AutomaticState,
  [newest]: readonly Taken[],
  { intervalMinutes }: Config["backups"],
): number {
  const interval = intervalMinutes * MINUTE;
  if (taking) return Date.parse(taking.at) + Math.min(interval, RETRY_MS);
  if (!newest) return 0;
  return Math.max(Date.parse(newest.takenAt), unchangedAt === null ? 0 : Date.parse(unchangedAt)) + interval;
}

/** When a proof is due; never where it is not wanted, or there is nothing that was not proven. */
function proofDueAt(
  { proving }: AutomaticState,
  databases: readonly Taken[],
  { proveEveryDays }: Config["backups"],
): number {
  const [newest] = databases;
  if (proveEveryDays === 0 || !newest || newest.provenAt !== null) return Infinity;
  const proofs = databases.map(({ provenAt }) => (provenAt === null ? 0 : Date.parse(provenAt)));
  const due = Math.max(...proofs) + proveEveryDays * DAY;
  return proving ? Math.max(due, Date.parse(proving.at) + PROVE_AGAIN_MS) : due;
}

async function isThere(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
