import type { AffectedKey, Blast, BlastEffect, RoutineStarts, SecretChange } from "../../../preload/contract/blast.ts";
import { counted } from "./secret-words.ts";

/** The groups of a blast view, the worst first. */
export const EFFECTS = [
  { effect: "stops", title: "Stops" },
  { effect: "gets_new_value", title: "Gets the new value" },
  { effect: "unaffected", title: "Not affected" },
] as const satisfies readonly { effect: BlastEffect; title: string }[];

/** What a change reaches, in one sentence. */
export function blastSentence({ counts: { routines, firings }, routines: named }: Blast): string {
  const parts = [
    ...reach("stop", routines.stops, firings.stops),
    ...reach("get the new value", routines.getsNewValue, firings.getsNewValue),
  ];
  if (parts.length > 0) return `${parts.join(", ")}.`;
  return named.length === 0 ? "No routine uses it." : "No active routine feels it.";
}

function reach(what: string, routines: number, firings: number): string[] {
  const subjects = [
    ...(routines === 0 ? [] : [counted(routines, "routine")]),
    ...(firings === 0 ? [] : [counted(firings, "waiting run")]),
  ];
  if (subjects.length === 0) return [];
  const verb = routines + firings === 1 ? what.replace(/^(stop|get)/, "$1s") : what;
  return [`${subjects.join(" and ")} ${verb}`];
}

/** Why runs will be refused, by the code that they will be refused with. */
function refusal(code: string | null, change: SecretChange): string {
  switch (code) {
    case "secret_inactive":
      return change === "archive" ? "the secret is archived" : "the secret is disabled";
    case "secret_deleted":
      return "the secret is deleted";
    case "version_inactive":
      return change === "destroy_version" ? "its version is destroyed" : "its version is disabled";
    case "version_missing":
      return "it has no such version";
    case "binding_missing":
      return "it is not bound to the secret";
    default:
      return code ?? "unknown";
  }
}

const REFUSED_ALREADY: Readonly<Record<string, string>> = {
  secret_inactive: "the secret is not active",
  version_inactive: "its version is not usable",
  version_missing: "it has no such version",
  binding_missing: "it is not bound to the secret",
};

/** What a change means for one key, and why. */
export function keyWords(key: AffectedKey, change: SecretChange): string {
  const { effect, code, version, nextVersion, reason, overriddenBy } = key;
  if (effect === "stops") return `refused: ${refusal(code, change)}`;
  if (effect === "gets_new_value") return `v${version} → v${nextVersion}`;
  switch (reason) {
    case "overridden":
      return `overridden by the ${overriddenBy}`;
    case "pinned":
      return `stays at v${version}`;
    case "refused_already":
      return `refused already: ${REFUSED_ALREADY[code ?? ""] ?? code}`;
    default:
      return `keeps v${version}`;
  }
}

const STANDSTILLS: Readonly<Record<NonNullable<RoutineStarts["standstill"]>, string>> = {
  restore_held: "What was restored is held: no trigger starts it now.",
  all_paused: "Schedules and webhooks are paused: no trigger starts it now.",
  routine_paused: "The routine is paused: no trigger starts it now.",
  routine_archived: "The routine is archived.",
};

const UNDATED = { webhook: "by a webhook", api: "by calls" } as const;

/** What starts a routine besides its dates, or why nothing does; null where the dates are all there is. */
export function startsWords({ next, undated, switchedOff, standstill }: RoutineStarts): string | null {
  if (standstill !== null) return STANDSTILLS[standstill];
  const ways = undated.map((kind) => UNDATED[kind]).join(" and ");
  const started =
    next.length > 0
      ? ways === ""
        ? null
        : `Also started ${ways}.`
      : `Started ${ways === "" ? "by hand only" : ways}.`;
  const off =
    switchedOff === 0 ? null : `${counted(switchedOff, "trigger")} ${switchedOff === 1 ? "is" : "are"} switched off.`;
  const parts = [started, off].filter((part) => part !== null);
  return parts.length === 0 ? null : parts.join(" ");
}
