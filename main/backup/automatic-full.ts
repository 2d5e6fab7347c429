import path from "node:path";
import type { AutomaticFullBackups, BackupEntry, WholeBackup } from "../../preload/contract/backups.ts";
import { asRefusal } from "../contract/refusal.ts";
import { statementFailure } from "../database/statement-failure.ts";
import type { Clock } from "../instance/clock.ts";
import type { Config } from "../instance/config.ts";
import type { Log } from "../instance/log.ts";
import { failureOf, isStillGood, unlessMended, type AutomaticNotes, type AutomaticState } from "./automatic-state.ts";
import { pastMs } from "./past.ts";

/**
 * The first one waits for so long, in milliseconds, after the start or after a recovery code was made: it reads all files, and
 * whoever has just made a code has something else in hand.
 */
const QUIET_MS = 5 * 60_000;
/** After a failure it is tried again so soon. */
const RETRY_MS = 3_600_000;
const DAY = 24 * 3_600_000;

export interface AutomaticFullOptions {
  readonly settings: () => Config["backups"];
  /** The public half of the recovery code in force, or null where there is none. */
  readonly recipient: () => Promise<string | null>;
  /** Another text after anything was changed that such a backup holds. */
  readonly mark: () => Promise<string>;
  readonly list: () => Promise<readonly BackupEntry[]>;
  readonly take: () => Promise<WholeBackup>;
  readonly clock: Clock;
  readonly log: Log;
}

export interface AutomaticFull {
  /** Takes one where it is due. What fails is noted, shown, and tried again. */
  look(): Promise<void>;
  /** How they fare, by the backups that there are. */
  state(entries: readonly BackupEntry[]): Promise<AutomaticFullBackups>;
}

/**
 * Backs everything up, encrypted to the recovery code in force, when the newest backup of that kind is older than wanted and
 * something was changed since. Where there is no code it waits for one.
 */
export function automaticFull(options: AutomaticFullOptions, notes: AutomaticNotes): AutomaticFull {
  const { settings, clock, log } = options;
  /** The code that is known, and since when. Undefined until the database has told it. */
  let known: { readonly recipient: string | null; readonly since: string } | undefined;
  /** When the operator gave one up: the next one comes as many days later. */
  let givenUpAt: string | null = null;

  /** Where the database does not answer, what was known stays. */
  async function recipient(): Promise<string | null | undefined> {
    const found = await options.recipient().catch(() => undefined);
    if (found !== undefined && found !== known?.recipient) {
      known = { recipient: found, since: clock.now().toISOString() };
    }
    return known?.recipient;
  }

  function dueAt({ full }: AutomaticState, entries: readonly BackupEntry[], now: Date): number {
    const interval = settings().fullEveryDays * DAY;
    const notBefore = givenUpAt === null ? 0 : pastMs(givenUpAt, now) + interval;
    const quiet = Math.max(notBefore, (known ? pastMs(known.since, now) : now.getTime()) + QUIET_MS);
    if (full.taking) return Math.max(quiet, pastMs(full.taking.at, now) + RETRY_MS);
    const newest = scheduledOnes(entries, now)[0];
    if (!newest) return quiet;
    return Math.max(quiet, Math.max(pastMs(newest.takenAt, now), pastMs(full.unchangedAt, now)) + interval);
  }

  async function takeUnlessSame({ full }: AutomaticState, entries: readonly BackupEntry[]): Promise<void> {
    const mark = await options.mark();
    if (isStillGood(full.last, mark, entries)) {
      return notes.note({ full: { ...full, unchangedAt: clock.now().toISOString(), taking: null } });
    }
    const taken = await options.take();
    const last = { file: path.basename(taken.path), mark, bytes: taken.bytes };
    await notes.note({ full: { last, unchangedAt: null, taking: null } });
  }

  return {
    look: async () => {
      if (settings().fullEveryDays === 0 || typeof (await recipient()) !== "string") return;
      const state = await notes.read();
      try {
        const entries = await options.list();
        const now = clock.now();
        if (now.getTime() >= dueAt(state, entries, now)) await takeUnlessSame(state, entries);
      } catch (error) {
        const refusal = asRefusal(error) ?? statementFailure(error);
        // Somebody else works on a backup: it is done at a later look.
        if (refusal?.code === "backup_running") return;
        const now = clock.now();
        if (refusal?.code === "backup_cancelled") {
          givenUpAt = now.toISOString();
          return;
        }
        log.warn({ error }, "no full backup was taken by interval");
        await notes.note({ full: { ...state.full, taking: failureOf(refusal, error, now) } });
      }
    },
    state: async (entries) => {
      const state = await notes.read();
      const { unchangedAt, taking } = state.full;
      const nothing = { nextAt: null, unchangedAt, failure: null };
      if (settings().fullEveryDays === 0) return { state: "off", ...nothing };
      if ((await recipient()) === null) return { state: "no_code", ...nothing };
      const now = clock.now();
      const nextAt = new Date(Math.max(dueAt(state, entries, now), now.getTime())).toISOString();
      const times = entries.map((one) => (one.state === "sealed" ? one.takenAt : null));
      const failure = unlessMended(taking, times, now);
      return { state: failure ? "failing" : "on", nextAt, unchangedAt, failure };
    },
  };
}

/** The newest first, without what the clock has not come to. */
function scheduledOnes(entries: readonly BackupEntry[], now: Date) {
  return entries
    .filter((one) => one.state === "sealed")
    .filter(({ reason, takenAt }) => reason === "scheduled" && pastMs(takenAt, now) > 0);
}
