import { expect, test } from "vitest";
import { triggerCopies } from "../../../../renderer/features/routines/trigger-copies.ts";
import { routineInput } from "../../../../preload/contract/routines.ts";
import { aTrigger } from "../../../../renderer/stories/records/routines.ts";

test("copies are alike, switched off, and what a new routine takes", () => {
  const webhook = {
    publicId: "a1b2",
    address: "/hooks/a1b2",
    signingMode: "bearer" as const,
    replayWindowSeconds: 300,
    secretId: null,
    lastRotatedAt: null,
    previousKeyUntil: null,
  };
  const triggers = triggerCopies([
    aTrigger({ label: "mornings", graceSeconds: 60 }),
    aTrigger({ kind: "once", at: "2026-03-20T17:00:00.000Z", expression: null }),
    aTrigger({ kind: "api", expression: null, zone: null }),
    aTrigger({ kind: "webhook", expression: null, zone: null, webhook }),
  ]);
  expect(triggers).toEqual([
    {
      kind: "schedule",
      expression: "0 9 * * 1-5",
      zone: "Europe/Berlin",
      graceSeconds: 60,
      missedCap: 25,
      enabled: false,
      label: "mornings",
    },
    { kind: "once", at: "2026-03-20T17:00:00.000Z", zone: "Europe/Berlin", graceSeconds: 300, enabled: false },
    { kind: "api", enabled: false },
    { kind: "webhook", signingMode: "bearer", replayWindowSeconds: 300, enabled: false },
  ]);
  expect(routineInput.safeParse({ title: "Copy", triggers }).success).toBe(true);
});
