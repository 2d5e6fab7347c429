import type { Notice } from "../../../preload/contract/notifications.ts";
import type { ChangeFeed } from "../../database/changes.ts";
import type { Database } from "../../database/database.ts";
import type { Clock } from "../../instance/clock.ts";
import type { Log } from "../../instance/log.ts";
import { decideNotices, type Health, type Wanted } from "./decide.ts";
import { readSeen } from "./read.ts";

export interface NotifierOptions {
  readonly database: Database;
  readonly feed: ChangeFeed;
  readonly clock: Clock;
  readonly log: Log;
  /** Asked each time. */
  wanted(): Wanted;
}

export interface Notifier {
  /** Hears of every notice until the answer is called. Who is the first also hears what nobody heard in the last minutes. */
  subscribe(listener: (notice: Notice) => void): () => void;
  stop(): Promise<void>;
}

/** What happens together is told together, such as everything that was missed when the machine wakes up; in milliseconds. */
const GATHER_MS = 3_000;
/** For how long a notice waits for a window that opens, or a page that is loaded anew, in milliseconds. */
const KEPT_MS = 120_000;
/** Changes that are looked at together, and rows and notices that are kept. */
const MOST_IDS = 10_000;
const MOST_KEPT = 20;

/** Follows what becomes of runs and slots from now on, and says what is worth a notification. */
export function startNotifier({ database, feed, clock, log, wanted }: NotifierOptions): Notifier {
  const since = clock.now();
  const listeners = new Set<(notice: Notice) => void>();
  const changed = new Set<string>();
  /** Stretches that were told of: a row that changes once more is no news. */
  const told = new Set<string>();
  let known: ReadonlyMap<string, Health> = new Map();
  let kept: { readonly notice: Notice; readonly untilMs: number }[] = [];
  let cancel: (() => void) | null = null;
  let looking = Promise.resolve();

  const unsubscribe = feed.subscribe(({ topic, id }) => {
    if (topic !== "runs" || id === null || told.has(id) || changed.size >= MOST_IDS) return;
    changed.add(id);
    plan();
  });

  function plan(): void {
    cancel ??= clock.after(GATHER_MS, () => {
      cancel = null;
      looking = looking.then(look);
    });
  }

  async function look(): Promise<void> {
    const ids = [...changed];
    changed.clear();
    try {
      const seen = await readSeen(database, ids, since);
      const decided = decideNotices(known, seen, wanted());
      known = decided.known;
      for (const id of seen.leftIds) told.add(id);
      for (const [oldest] of told.entries()) if (told.size > MOST_IDS) told.delete(oldest);
      for (const notice of decided.notices) deliver(notice);
    } catch (error) {
      // A database that is away tells of its own; what happened meanwhile stands on Home.
      log.warn({ error }, "what is worth a notification could not be read");
    }
  }

  function deliver(notice: Notice): void {
    if (listeners.size === 0) kept = [...kept, { notice, untilMs: clock.monotonicMs() + KEPT_MS }].slice(-MOST_KEPT);
    for (const listener of listeners) listener(notice);
  }

  return {
    subscribe: (listener) => {
      listeners.add(listener);
      for (const { notice, untilMs } of kept) if (clock.monotonicMs() < untilMs) listener(notice);
      kept = [];
      return () => listeners.delete(listener);
    },
    stop: async () => {
      unsubscribe();
      cancel?.();
      await looking;
    },
  };
}
