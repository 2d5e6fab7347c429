import type { Status } from "../../../preload/contract/system.ts";
import type { Clock } from "../../instance/clock.ts";
import type { Log } from "../../instance/log.ts";

/** Between two lines of the log, in milliseconds: however many come, they push nothing else out of it. */
const QUIET_MS = 600_000;

/** Counts what is posted to addresses that no webhook has, since this owner listens. Takes note of nothing that was sent. */
export interface UnknownAddresses {
  note(): void;
  /** Writes down what came since the last line, where it is time for one, or at once before the end. */
  tell(isLast?: boolean): void;
  counted(): Status["webhooks"]["unknown"];
}

export function countUnknownAddresses(clock: Clock, log: Log): UnknownAddresses {
  let count = 0;
  let told = 0;
  let toldAt = -Infinity;
  let first: Date | null = null;
  let last: Date | null = null;

  function tell(isLast = false): void {
    const now = clock.monotonicMs();
    if (count === told || (!isLast && now - toldAt < QUIET_MS)) return;
    log.warn({ count }, "so many deliveries came to addresses that no webhook has, since webhooks are listened for");
    told = count;
    toldAt = now;
  }

  return {
    note: () => {
      count += 1;
      last = clock.now();
      first ??= last;
      tell();
    },
    tell,
    counted: () => first && last && { count, since: first.toISOString(), lastAt: last.toISOString() },
  };
}
