import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BackOff, retryAt } from "../../../main/runs/back-off.ts";

const now = new Date("2026-03-08T07:00:00Z");
const seconds = (attempt: number, backOff: BackOff, random: number): number =>
  (retryAt(now, attempt, backOff, random).getTime() - now.getTime()) / 1_000;

const doubling: BackOff = { backoffSeconds: 30, backoffFactor: 2, backoffCapSeconds: 86_400, backoffJitter: 0 };
const backOffs: fc.Arbitrary<BackOff> = fc.record({
  backoffSeconds: fc.integer({ min: 1, max: 86_400 }),
  backoffFactor: fc.double({ min: 1, max: 10, noNaN: true }),
  backoffCapSeconds: fc.integer({ min: 1, max: 86_400 }),
  backoffJitter: fc.double({ min: 0, max: 1, noNaN: true }),
});
const attempts = fc.integer({ min: 1, max: 1_000 });
const randoms = fc.double({ min: 0, max: 1, noNaN: true });

describe("back-off", () => {
  it("grows by its factor with each attempt, up to its cap", () => {
    expect([1, 2, 3, 4, 20, 60].map((attempt) => seconds(attempt, doubling, 0.9))).toEqual([
      30, 60, 120, 240, 86_400, 86_400,
    ]);
    const steady = { ...doubling, backoffFactor: 1 };
    expect([1, 5, 25].map((attempt) => seconds(attempt, steady, 0))).toEqual([30, 30, 30]);
  });

  it("is by its jitter shorter or longer", () => {
    const spread = { ...doubling, backoffJitter: 0.5 };
    expect([0, 0.5, 1].map((random) => seconds(1, spread, random))).toEqual([15, 30, 45]);
  });

  it("is never in the past, and never longer than its cap", () => {
    fc.assert(
      fc.property(backOffs, attempts, randoms, (backOff, attempt, random) => {
        const wait = seconds(attempt, backOff, random);
        expect(wait).toBeGreaterThanOrEqual(0);
        expect(wait).toBeLessThanOrEqual(backOff.backoffCapSeconds);
      }),
    );
  });

  it("never shrinks from one attempt to the next without jitter", () => {
    fc.assert(
      fc.property(backOffs, attempts, (backOff, attempt) => {
        const steady = { ...backOff, backoffJitter: 0 };
        expect(seconds(attempt + 1, steady, 0.5)).toBeGreaterThanOrEqual(seconds(attempt, steady, 0.5));
      }),
    );
  });
});
