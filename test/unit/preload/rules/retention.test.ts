import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  planRetention,
  presetOf,
  RETENTION_PRESETS,
  retentionPresetNames,
  type Retained,
  type RetentionPolicy,
} from "../../../../preload/rules/retention.ts";

const HOUR = 3_600_000;
const start = Date.UTC(2026, 0, 1);

const retained = fc
  .uniqueArray(
    fc.record({
      takenAt: fc.integer({ min: start, max: start + 400 * 24 * HOUR }),
      bytes: fc.integer({ min: 1, max: 1_000 }),
      proven: fc.boolean(),
      preMigration: fc.boolean(),
    }),
    { maxLength: 80, selector: ({ takenAt }) => takenAt },
  )
  .map((all): Retained[] => all.map((one) => ({ ...one, name: `b${one.takenAt}` })));
const policies = fc.record<RetentionPolicy>({
  hourly: fc.nat(30),
  daily: fc.nat(14),
  weekly: fc.nat(6),
  monthly: fc.nat(6),
  maxBytes: fc.oneof(fc.constant(0), fc.nat(20_000)),
});

const keptOf = (backups: readonly Retained[], policy: RetentionPolicy, room = 0) => {
  const plan = new Map(planRetention(backups, policy, room).map((one) => [one.name, one]));
  return backups.filter(({ name }) => plan.get(name)?.removedFor === null);
};
const newest = (backups: readonly Retained[]) => backups.toSorted((a, b) => b.takenAt - a.takenAt)[0];

describe("retention", () => {
  test("tells of every backup once: why it is kept, or for what it is removed", () => {
    fc.assert(
      fc.property(retained, policies, (backups, policy) => {
        const plan = planRetention(backups, policy);
        expect(plan.map(({ name }) => name).toSorted()).toEqual(backups.map(({ name }) => name).toSorted());
        for (const { keep, removedFor } of plan) expect(keep.length > 0).toBe(removedFor === null);
      }),
    );
  });

  test("never removes the newest, the newest proven and the newest before a migration", () => {
    fc.assert(
      fc.property(retained, policies, fc.nat(5_000), (backups, policy, room) => {
        const kept = keptOf(backups, policy, room);
        for (const some of [backups, backups.filter(({ proven }) => proven), backups.filter((b) => b.preMigration)]) {
          expect(kept).toEqual(expect.arrayContaining([newest(some) ?? []].flat()));
        }
      }),
    );
  });

  test("goes on to keep what it kept: done twice it removes nothing more", () => {
    fc.assert(
      fc.property(retained, policies, fc.nat(5_000), (backups, policy, room) => {
        const kept = keptOf(backups, policy, room);
        expect(keptOf(kept, policy, room)).toEqual(kept);
      }),
    );
  });

  test("keeps of each tier the newest of its last stretches, and at most so many", () => {
    fc.assert(
      fc.property(retained, policies, (backups, policy) => {
        const plan = planRetention(backups, { ...policy, maxBytes: 0 });
        const byName = new Map(backups.map((one) => [one.name, one]));
        for (const [tier, length] of [["hourly", HOUR] as const, ["daily", 24 * HOUR] as const]) {
          const held = plan.filter(({ keep }) => keep.includes(tier)).map(({ name }) => byName.get(name)?.takenAt ?? 0);
          const stretches = new Set(backups.map(({ takenAt }) => Math.floor(takenAt / length)));
          expect(held.length).toBe(Math.min(policy[tier], stretches.size));
          for (const at of held) {
            const others = backups.filter(({ takenAt }) => Math.floor(takenAt / length) === Math.floor(at / length));
            expect(newest(others)?.takenAt).toBe(at);
          }
        }
      }),
    );
  });

  test("keeps within the size, with room for the next one, as far as what is never removed lets it", () => {
    fc.assert(
      fc.property(retained, policies, fc.nat(5_000), (backups, policy, room) => {
        fc.pre(policy.maxBytes > 0);
        const plan = planRetention(backups, policy, room);
        const kept = keptOf(backups, policy, room);
        const bytes = kept.reduce((sum, one) => sum + one.bytes, 0);
        const guarded = plan.filter(({ keep }) => keep.some((why) => why.startsWith("newest"))).length;
        expect(kept.length === guarded || bytes <= Math.max(0, policy.maxBytes - room)).toBe(true);
      }),
    );
  });

  test("removes nothing because time went by: hours without a backup do not count", () => {
    const backups = [0, 1, 2, 500].map((hour) => ({
      name: `${hour}`,
      takenAt: start + hour * HOUR,
      bytes: 1,
      proven: false,
      preMigration: false,
    }));
    expect(keptOf(backups, { hourly: 4, daily: 0, weekly: 0, monthly: 0, maxBytes: 0 })).toEqual(backups);
  });

  test("weeks begin on Monday, and months are those of the calendar", () => {
    const at = (text: string): Retained => ({
      name: text,
      takenAt: Date.parse(text),
      bytes: 1,
      proven: false,
      preMigration: false,
    });
    const backups = [
      "2026-03-08T23:59:00Z",
      "2026-03-09T00:00:00Z",
      "2026-04-30T00:00:00Z",
      "2026-05-01T00:00:00Z",
    ].map(at);
    const none = { hourly: 0, daily: 0, weekly: 0, monthly: 0, maxBytes: 0 };
    expect(keptOf(backups, { ...none, weekly: 9 }).map(({ name }) => name.slice(5, 10))).toEqual([
      "03-08",
      "03-09",
      "05-01",
    ]);
    expect(keptOf(backups, { ...none, monthly: 9 }).map(({ name }) => name.slice(5, 10))).toEqual([
      "03-09",
      "04-30",
      "05-01",
    ]);
  });

  test("presets are known again by their tiers", () => {
    for (const preset of retentionPresetNames) expect(presetOf(RETENTION_PRESETS[preset])).toBe(preset);
    expect(presetOf({ hourly: 1, daily: 2, weekly: 3, monthly: 4 })).toBeNull();
  });
});
