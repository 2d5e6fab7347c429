import type {
  AffectedKey,
  AffectedRoutine,
  Blast,
  BlastEffect,
  RoutineStarts,
} from "../../../preload/contract/blast.ts";
import { minutesAgo } from "../clock.ts";
import { idOf } from "./ids.ts";

/** What a change would do: by default one routine stops. */
export function aBlast(different: Partial<Blast> = {}): Blast {
  const routines = different.routines ?? [anAffectedRoutine()];
  const firings = different.firings ?? [];
  return {
    secret: { id: idOf("secret"), key: "gh-token", status: "active", latestVersion: 4 },
    change: "disable",
    version: null,
    counts: {
      routines: countsOf(routines.filter(({ status }) => status !== "archived")),
      firings: countsOf(firings),
    },
    routines,
    firings,
    moreFirings: 0,
    idle: [],
    ...different,
  };
}

function countsOf(reached: readonly { readonly effect: BlastEffect }[]) {
  const count = (wanted: BlastEffect) => reached.filter(({ effect }) => effect === wanted).length;
  return { stops: count("stops"), getsNewValue: count("gets_new_value"), unaffected: count("unaffected") };
}

export function anAffectedRoutine(
  different: Partial<AffectedRoutine> = {},
  key: Partial<AffectedKey> = {},
): AffectedRoutine {
  const effect = different.effect ?? "stops";
  return {
    routineId: idOf("routine"),
    title: "Nightly triage",
    status: "active",
    effect,
    keys: [anAffectedKey({ effect, ...(effect === "stops" ? {} : { code: null }), ...key })],
    starts: null,
    ...different,
  };
}

/** A routine that is due every night and has a webhook. */
export function someStarts(different: Partial<RoutineStarts> = {}): RoutineStarts {
  const due = (days: number) => ({
    at: minutesAgo(-810 - days * 1_440),
    triggerId: idOf("trigger"),
    label: "nightly",
    zone: "Europe/Berlin",
    local: "",
    note: null,
  });
  return { next: [due(0), due(1), due(2)], undated: ["webhook"], switchedOff: 0, standstill: null, ...different };
}

export function anAffectedKey(different: Partial<AffectedKey> = {}): AffectedKey {
  return {
    key: "GH_TOKEN",
    layer: "routine",
    consumerId: idOf("routine"),
    consumerName: "Nightly triage",
    selector: "latest",
    effect: "stops",
    code: "secret_inactive",
    version: 4,
    nextVersion: null,
    reason: null,
    overriddenBy: null,
    ...different,
  };
}
