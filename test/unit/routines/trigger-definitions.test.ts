import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson } from "../../../main/environment/hash.ts";
import { definedTriggers, triggerDefinition } from "../../../main/routines/trigger-definitions.ts";
import type { TriggerSnapshot } from "../../../preload/contract/trigger-snapshots.ts";

const own = { id: fc.uuid(), label: fc.constant(null) };
const graceSeconds = fc.integer({ min: 5, max: 7 });
const snapshot: fc.Arbitrary<TriggerSnapshot> = fc.oneof(
  fc.record({
    ...own,
    kind: fc.constant("schedule" as const),
    expression: fc.constantFrom("0 9 * * *", "@daily"),
    zone: fc.constantFrom("UTC", "Europe/Berlin"),
    graceSeconds,
    missedCap: fc.integer({ min: 1, max: 3 }),
  }),
  fc.record({
    ...own,
    kind: fc.constant("once" as const),
    at: fc.constantFrom("2030-01-01T00:00:00.000Z", "2020-01-01T00:00:00.000Z"),
    zone: fc.constant("UTC"),
    graceSeconds,
  }),
  fc.record({ ...own, kind: fc.constant("api" as const) }),
  fc.record({
    ...own,
    kind: fc.constant("webhook" as const),
    publicId: fc.constantFrom("a1", "b2"),
    signingMode: fc.constantFrom("none" as const, "bearer" as const),
    replayWindowSeconds: fc.constantFrom(60, 300),
  }),
);
const several = fc
  .uniqueArray(snapshot, { maxLength: 8, selector: ({ id }) => id })
  .chain((all) =>
    fc
      .subarray(all.map(({ id }) => id))
      .map((labelled) => all.map((one, index) => (labelled.includes(one.id) ? { ...one, label: `t${index}` } : one))),
  );

const withoutId = (trigger: TriggerSnapshot) => canonicalJson({ ...trigger, id: null });
let made = 0;
const newId = () => `new ${(made += 1)}`;

test("the definitions of triggers mean these very triggers, in whatever order they stand", () => {
  fc.assert(
    fc.property(several, fc.infiniteStream(fc.nat()), (before, order) => {
      const given = before
        .map((one) => ({ at: order.next().value ?? 0, definition: triggerDefinition(one, true) }))
        .toSorted((a, b) => a.at - b.at)
        .map(({ definition }) => definition);
      const { triggers } = definedTriggers(before, given, newId, newId);
      expect(triggers.map(({ id }) => id)).toEqual(before.map(({ id }) => id).toSorted());
      // Two that differ by nothing but the id may change places; an address never does.
      expect(triggers.map(withoutId).toSorted()).toEqual(before.map(withoutId).toSorted());
    }),
    { numRuns: 1_000 },
  );
});

test("a label names the trigger, whatever else changes of it; without one its times do", () => {
  const nightly = { kind: "schedule", expression: "0 2 * * *", zone: "UTC", graceSeconds: 300, missedCap: 25 } as const;
  const before: TriggerSnapshot[] = [
    { ...nightly, id: "1", label: "nightly" },
    { ...nightly, id: "2", label: null, expression: "0 3 * * *" },
    { ...nightly, id: "3", label: null, expression: "0 4 * * *" },
  ];
  const { triggers, enabled } = definedTriggers(
    before,
    [
      { kind: "schedule", expression: "0 4 * * *", zone: "UTC", graceSeconds: 60 },
      { kind: "schedule", expression: "0 9 * * *", zone: "UTC", label: "Nightly" },
      { kind: "api", enabled: false },
      { kind: "webhook", signingMode: "bearer" },
    ],
    newId,
    () => "a1b2",
  );
  expect(triggers).toEqual([
    { ...nightly, id: "1", label: "Nightly", expression: "0 9 * * *" },
    { ...nightly, id: "3", label: null, expression: "0 4 * * *", graceSeconds: 60 },
    { id: expect.stringMatching(/^new/), kind: "api", label: null },
    {
      id: expect.stringMatching(/^new/),
      kind: "webhook",
      label: null,
      signingMode: "bearer",
      replayWindowSeconds: 300,
      publicId: "a1b2",
    },
  ]);
  expect([...enabled].toSorted()).toEqual(["1", "3"]);
});
