import path from "node:path";
import type { AutomaticBackups, BackupEntry, VerifiedBackup, WholeBackup } from "../../preload/contract/backups.ts";
import { asRefusal } from "../contract/refusal.ts";
import { statementFailure } from "../database/statement-failure.ts";
import type { Clock } from "../instance/clock.ts";
import type { Config } from "../instance/config.ts";
import type { Log } from "../instance/log.ts";
import { createAlarm } from "../runs/alarm.ts";
import { automaticFull, type AutomaticFullOptions } from "./automatic-full.ts";
import { automaticNotes, failureOf, isStillGood, unlessMended, type AutomaticState } from "./automatic-state.ts";
import { pastMs } from "./past.ts";

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
 * wakes. What that clock said while it was ahead does not count once it is right again. What fails is noted beside the
 * backups, shown, and tried again.
 */
export function startAutomatic(options: AutomaticOptions): Automatic {
  const { directory, settings, clock, log } = options;
  const notes = automaticNotes(directory, options);
  const full = automaticFull({ ...options, ...options.full }, notes);
  let looking: Promise<void> | null = null;
  let stopping = false;
  /** When the operator gave a backup up: the next one comes an interval later. */
  let givenUpAt: string | null = null;
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
    const now = clock.now();
    await doing("taking", async () => {
      const entries = await options.list();
      const databases = databasesOf(entries, now);
      if (now.getTime() >= nextTakeAt(state, databases, now)) return takeUnlessSame(state, entries);
      const [newest] = databases;
      if (!newest || now.getTime() < proofDueAt(state, databases, wanted, now)) return;
      await doing("proving", async () => {
        await options.prove(newest.path);
        await notes.note({ proving: null });
      });
    });
  }

  function nextTakeAt(state: AutomaticState, databases: readonly Taken[], now: Date): number {
    const wanted = settings();
    const notBefore = givenUpAt === null ? 0 : pastMs(givenUpAt, now) + wanted.intervalMinutes * MINUTE;
    return Math.max(notBefore, dueAt(state, databases, wanted, now));
  }

  async function takeUnlessSame({ last }: AutomaticState, entries: readonly BackupEntry[]): Promise<void> {
    const mark = await options.mark();
    if (isStillGood(last, mark, entries)) {
      return notes.note({ unchangedAt: clock.now().toISOString(), taking: null });
    }
    const taken = await options.take();
    const { bytes } = taken;
    await notes.note({ last: { file: path.basename(taken.path), mark, bytes }, unchangedAt: null, taking: null });
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
        givenUpAt = now.toISOString();
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
      const now = clock.now();
      const databases = databasesOf(entries, now);
      const nextAt = new Date(Math.max(nextTakeAt(state, databases, now), now.getTime())).toISOString();
      const takenAts = databases.map(({ takenAt }) => takenAt);
      const takingFailed = unlessMended(taking, takenAts, now);
      const provenAts = databases.map(({ provenAt }) => provenAt);
      const provingFailed = unlessMended(settings().proveEveryDays > 0 ? proving : null, provenAts, now);
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

/** Those of the database, the newest first, without what the clock has not come to. */
function databasesOf(entries: readonly BackupEntry[], now: Date): Taken[] {
  return entries.filter((one) => one.state === "ok").filter(({ takenAt }) => pastMs(takenAt, now) > 0);
}

/** When the next backup is due, in milliseconds since 1970. */
function dueAt(
  { unchangedAt, taking }: AutomaticState,
  [newest]: readonly Taken[],
  { intervalMinutes }: Config["backups"],
  now: Date,
): number {
  const interval = intervalMinutes * MINUTE;
  if (taking) return pastMs(taking.at, now) + Math.min(interval, RETRY_MS);
  if (!newest) return 0;
  return Math.max(pastMs(newest.takenAt, now), pastMs(unchangedAt, now)) + interval;
}

/** When a proof is due; never where it is not wanted, or there is nothing that was not proven. */
function proofDueAt(
  { proving }: AutomaticState,
  databases: readonly Taken[],
  { proveEveryDays }: Config["backups"],
  now: Date,
): number {
  const [newest] = databases;
  if (proveEveryDays === 0 || !newest || newest.provenAt !== null) return Infinity;
  const due = Math.max(...databases.map(({ provenAt }) => pastMs(provenAt, now))) + proveEveryDays * DAY;
  return proving ? Math.max(due, pastMs(proving.at, now) + PROVE_AGAIN_MS) : due;
}
