/** How many backups of each tier are kept, and how many bytes all together; 0 bytes: no limit. */
export interface RetentionPolicy {
  readonly hourly: number;
  readonly daily: number;
  readonly weekly: number;
  readonly monthly: number;
  readonly maxBytes: number;
}

export const retentionPresetNames = ["short", "standard", "long"] as const;
export type RetentionPreset = (typeof retentionPresetNames)[number];

/** The tiers of each preset. Those of days, weeks and months are the original's. */
export const RETENTION_PRESETS: Readonly<Record<RetentionPreset, Omit<RetentionPolicy, "maxBytes">>> = {
  short: { hourly: 12, daily: 3, weekly: 1, monthly: 1 },
  standard: { hourly: 24, daily: 7, weekly: 4, monthly: 1 },
  long: { hourly: 48, daily: 14, weekly: 4, monthly: 6 },
};

/** A backup as retention sees it. `takenAt` in milliseconds since 1970. */
export interface Retained {
  readonly name: string;
  readonly takenAt: number;
  readonly bytes: number;
  readonly proven: boolean;
  readonly preMigration: boolean;
}

/** The first three keep a backup whatever the tiers and the size say. */
const keepReasons = [
  "newest",
  "newest_proven",
  "newest_before_migration",
  "hourly",
  "daily",
  "weekly",
  "monthly",
] as const;
export type KeepReason = (typeof keepReasons)[number];

/** What becomes of a backup: why it is kept, or which limit it is removed for. */
export interface Retention {
  readonly name: string;
  readonly keep: readonly KeepReason[];
  readonly removedFor: "tiers" | "size" | null;
}

const TIERS = ["hourly", "daily", "weekly", "monthly"] as const;
type Tier = (typeof TIERS)[number];

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** The stretch of UTC time that an instant lies in: an hour, a day, a week from Monday on, a month. */
const STRETCH: Readonly<Record<Tier, (at: number) => number>> = {
  hourly: (at) => Math.floor(at / HOUR),
  daily: (at) => Math.floor(at / DAY),
  // 1970 began on a Thursday.
  weekly: (at) => Math.floor((at / DAY + 3) / 7),
  monthly: (at) => new Date(at).getUTCFullYear() * 12 + new Date(at).getUTCMonth(),
};

/**
 * Which backups are kept, the newest first. Each tier keeps the newest of each of its last stretches that have one, so that
 * nothing is removed only because time went by. Then, the oldest first, what is above `maxBytes` together with the `room`
 * that the next backup needs. Never removed: the newest one, the newest proven one, and the newest before a migration.
 */
export function planRetention(backups: readonly Retained[], policy: RetentionPolicy, room = 0): Retention[] {
  const newestFirst = backups.toSorted((a, b) => b.takenAt - a.takenAt || (a.name < b.name ? 1 : -1));
  const reasons = new Map<string, KeepReason[]>(newestFirst.map(({ name }) => [name, []]));
  const keep = (backup: Retained | undefined, reason: KeepReason) => {
    if (backup) reasons.get(backup.name)?.push(reason);
  };
  keep(newestFirst[0], "newest");
  keep(
    newestFirst.find(({ proven }) => proven),
    "newest_proven",
  );
  keep(
    newestFirst.find(({ preMigration }) => preMigration),
    "newest_before_migration",
  );
  const untouchable = new Set([...reasons].filter(([, why]) => why.length > 0).map(([name]) => name));
  for (const tier of TIERS) {
    const seen = new Set<number>();
    for (const backup of newestFirst) {
      const stretch = STRETCH[tier](backup.takenAt);
      if (seen.has(stretch)) continue;
      if (seen.size >= policy[tier]) break;
      seen.add(stretch);
      keep(backup, tier);
    }
  }
  const tooMuch = overSize(newestFirst, reasons, untouchable, policy.maxBytes - room, policy.maxBytes);
  return newestFirst.map(({ name }) => {
    const why = reasons.get(name) ?? [];
    if (why.length === 0) return { name, keep: [], removedFor: "tiers" };
    return tooMuch.has(name) ? { name, keep: [], removedFor: "size" } : { name, keep: why, removedFor: null };
  });
}

function overSize(
  newestFirst: readonly Retained[],
  reasons: ReadonlyMap<string, readonly KeepReason[]>,
  untouchable: ReadonlySet<string>,
  most: number,
  limit: number,
): ReadonlySet<string> {
  const removed = new Set<string>();
  if (limit === 0) return removed;
  const kept = newestFirst.filter(({ name }) => (reasons.get(name) ?? []).length > 0);
  let bytes = kept.reduce((sum, one) => sum + one.bytes, 0);
  for (const one of kept.toReversed()) {
    if (bytes <= most) break;
    if (untouchable.has(one.name)) continue;
    removed.add(one.name);
    bytes -= one.bytes;
  }
  return removed;
}

/** The preset whose tiers these are, or null. */
export function presetOf(policy: Omit<RetentionPolicy, "maxBytes">): RetentionPreset | null {
  const same = (preset: RetentionPreset) => TIERS.every((tier) => RETENTION_PRESETS[preset][tier] === policy[tier]);
  return retentionPresetNames.find(same) ?? null;
}
