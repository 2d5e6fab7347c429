import type { LogCount } from "../../preload/contract/runs.ts";
import type { Database } from "../database/database.ts";
import { isReadOnlyFailure } from "../database/read-only.ts";
import type { Clock } from "../instance/clock.ts";
import type { Log } from "../instance/log.ts";
import type { InstancePaths } from "../instance/paths.ts";
import { finishRemovals, type RetentionPolicy, removeLogs, wouldRemove } from "./log-removal.ts";

export interface LogRetentionOptions {
  readonly database: Database;
  readonly paths: InstancePaths;
  readonly clock: Clock;
  readonly log: Log;
  /** As it is set now. */
  readonly policy: () => RetentionPolicy;
  /** Whether it looks by itself, too. */
  readonly automatic: boolean;
}

/** Removes logs of ended attempts by age and by the size of all. */
export interface LogRetention {
  /** What would go, by the settings but for what is given here. */
  plan(other: {
    readonly days?: number | undefined;
    readonly totalBytes?: number | undefined;
  }): Promise<{ all: LogCount; byAge: LogCount; bySize: LogCount }>;
  /** Removes what the settings let go; waits for a removal that goes on. */
  prune(): Promise<LogCount>;
  /** The settings have changed. */
  soon(): void;
  /** Resolves when nothing is removed any more. */
  stop(): Promise<void>;
}

/** Milliseconds from the start, or a change of the settings, to the first look: whoever mistyped can still mend it. */
const FIRST_LOOK_MS = 60_000;
const INTERVAL_MS = 3_600_000;

/** Begins to look after logs. What a kill left half done is finished first. */
export function startLogRetention(options: LogRetentionOptions): LogRetention {
  const { clock, log, automatic } = options;
  let going: Promise<LogCount> = Promise.resolve({ logs: 0, bytes: 0 });
  let stopping = false;
  let cancelNext: () => void = () => undefined;

  const prune = (): Promise<LogCount> => {
    const round = going
      .catch(() => undefined)
      .then(async () => {
        await finishRemovals(options);
        return removeLogs(options, options.policy(), () => stopping);
      });
    going = round;
    return round;
  };
  function look(): void {
    prune()
      .then(
        ({ logs, bytes }) => {
          if (logs > 0) log.info({ logs, bytes }, "logs of runs were removed by retention");
        },
        (error: unknown) => {
          if (!isReadOnlyFailure(error)) log.warn({ error }, "retention did not look after the logs of runs");
        },
      )
      .finally(() => lookIn(INTERVAL_MS));
  }
  function lookIn(ms: number): void {
    cancelNext();
    if (automatic && !stopping) cancelNext = clock.after(ms, look);
  }
  lookIn(FIRST_LOOK_MS);

  return {
    plan: ({ days, totalBytes }) => {
      const set = options.policy();
      const policy = { days: days ?? set.days, totalBytes: totalBytes ?? set.totalBytes };
      return wouldRemove(options.database, policy, clock.now());
    },
    prune,
    soon: () => lookIn(FIRST_LOOK_MS),
    stop: async () => {
      stopping = true;
      cancelNext();
      await going.catch(() => undefined);
    },
  };
}
