import { expect, it } from "vitest";
import type { AffectedKey, Blast, RoutineStarts } from "../../../../preload/contract/blast.ts";
import { blastSentence, keyWords, startsWords } from "../../../../renderer/features/secrets/blast-words.ts";

const ID = "00000000-0000-4000-8000-000000000001";
const none = { stops: 0, getsNewValue: 0, unaffected: 0 };

const key = (different: Partial<AffectedKey>): AffectedKey => ({
  key: "GH_TOKEN",
  layer: "agent",
  consumerId: ID,
  consumerName: "coder",
  selector: "latest",
  effect: "unaffected",
  code: null,
  version: null,
  nextVersion: null,
  reason: null,
  overriddenBy: null,
  ...different,
});

const blast = (routines: Partial<typeof none>, firings: Partial<typeof none> = {}, isNamed = true): Blast => ({
  secret: { id: ID, key: "gh-token", status: "active", latestVersion: 4 },
  change: "disable",
  version: null,
  counts: { routines: { ...none, ...routines }, firings: { ...none, ...firings } },
  routines: isNamed
    ? [{ routineId: ID, title: "Nightly", status: "archived", effect: "stops", keys: [key({})], starts: null }]
    : [],
  firings: [],
  moreFirings: 0,
  idle: [],
});

it("says in one sentence what a change reaches", () => {
  expect(blastSentence(blast({ stops: 1 }))).toBe("1 routine stops.");
  expect(blastSentence(blast({ stops: 1_200 }, { stops: 1 }))).toBe("1,200 routines and 1 waiting run stop.");
  expect(blastSentence(blast({ getsNewValue: 1, unaffected: 3 }))).toBe("1 routine gets the new value.");
  expect(blastSentence(blast({ stops: 2, getsNewValue: 1 }, { getsNewValue: 1 }))).toBe(
    "2 routines stop, 1 routine and 1 waiting run get the new value.",
  );
  expect(blastSentence(blast({ unaffected: 1 }))).toBe("No active routine feels it.");
  expect(blastSentence(blast({}, {}, false))).toBe("No routine uses it.");
});

it("says of each key why", () => {
  expect(keyWords(key({ effect: "stops", code: "secret_inactive" }), "archive")).toBe(
    "refused: the secret is archived",
  );
  expect(keyWords(key({ effect: "stops", code: "version_inactive" }), "destroy_version")).toBe(
    "refused: its version is destroyed",
  );
  expect(keyWords(key({ effect: "gets_new_value", version: 4, nextVersion: 5 }), "rotate")).toBe("v4 → v5");
  expect(keyWords(key({ reason: "overridden", overriddenBy: "project" }), "rotate")).toBe("overridden by the project");
  expect(keyWords(key({ reason: "pinned", version: 2 }), "rotate")).toBe("stays at v2");
  expect(keyWords(key({ reason: "same_version", version: 4 }), "disable_version")).toBe("keeps v4");
  expect(keyWords(key({ reason: "refused_already", code: "binding_missing" }), "rotate")).toBe(
    "refused already: it is not bound to the secret",
  );
  expect(keyWords(key({ effect: "stops", code: "new_code" }), "rotate")).toBe("refused: new_code");
});

it("says what starts a routine besides its dates", () => {
  const starts = (different: Partial<RoutineStarts>) =>
    startsWords({ next: [], undated: [], switchedOff: 0, standstill: null, ...different });
  const at = { at: "2026-03-09T01:30:00.000Z", triggerId: ID, label: null, zone: "UTC", local: "", note: null };
  expect(starts({})).toBe("Started by hand only.");
  expect(starts({ undated: ["webhook"] })).toBe("Started by a webhook.");
  expect(starts({ next: [at] })).toBeNull();
  expect(starts({ next: [at], undated: ["webhook", "api"], switchedOff: 1 })).toBe(
    "Also started by a webhook and by calls. 1 trigger is switched off.",
  );
  expect(starts({ switchedOff: 2 })).toBe("Started by hand only. 2 triggers are switched off.");
  expect(starts({ standstill: "routine_paused", undated: ["webhook"] })).toBe(
    "The routine is paused: no trigger starts it now.",
  );
});
