import type {
  AffectedFiring,
  AffectedKey,
  Blast,
  BlastEffect,
  RoutineStarts,
  SecretChange,
} from "../../../preload/contract/blast.ts";
import { versionText } from "./env-text.ts";
import { plural, relativeTime } from "./format.ts";
import type { Output } from "./output.ts";

const DOING: Readonly<Record<SecretChange, (key: string, version: number | null) => string>> = {
  disable: (key) => `Disabling ${key}`,
  archive: (key) => `Archiving ${key}`,
  delete: (key) => `Deleting ${key}`,
  rotate: (key) => `Rotating ${key}`,
  rollback: (key, version) => `Rolling ${key} back${version === null ? "" : ` to v${version}`}`,
  disable_version: (key, version) => `Disabling v${version} of ${key}`,
  destroy_version: (key, version) => `Destroying v${version} of ${key}`,
};

/** The groups of a blast view, the worst first. */
const GROUPS: readonly (readonly [BlastEffect, string])[] = [
  ["stops", "STOPS"],
  ["gets_new_value", "GETS THE NEW VALUE"],
  ["unaffected", "NOT AFFECTED"],
];

/** What a change would do: one sentence, the routines by effect with why, when these are due next, and the runs that wait. */
export function blastText(blast: Blast, output: Output, now: Date): string {
  return [
    `${blastSentence(blast)}\n`,
    ...GROUPS.map(([effect, title]) => routineTable(blast, effect, title, output)),
    startsTable(blast, output, now),
    firingTable(blast, output, now),
    idleTable(blast, output),
  ]
    .filter((part) => part !== "")
    .join("\n");
}

/** Such as `Disabling gh-token stops 2 routines and 1 waiting run.` */
export function blastSentence({ secret, change, version, counts }: Blast): string {
  const { routines, firings } = counts;
  const doing = DOING[change](secret.key, version);
  const parts = [
    ...reach("stops", routines.stops, firings.stops),
    ...reach("gives the new value to", routines.getsNewValue, firings.getsNewValue),
  ];
  if (parts.length > 0) return `${doing} ${parts.join(", and ")}.`;
  return routines.unaffected === 0 ? `${doing} touches no routine.` : `${doing} stops nothing.`;
}

function reach(does: string, routines: number, firings: number): string[] {
  const both = [
    ...(routines === 0 ? [] : [plural(routines, "routine")]),
    ...(firings === 0 ? [] : [plural(firings, "waiting run")]),
  ];
  return both.length === 0 ? [] : [`${does} ${both.join(" and ")}`];
}

/** One line per key of the routines with this effect; one that is archived says so. */
function routineTable({ routines }: Blast, effect: BlastEffect, title: string, output: Output): string {
  const rows = routines
    .filter((routine) => routine.effect === effect)
    .flatMap(({ title: routine, status, keys }) => keys.map((key) => ({ routine, status, key })));
  return rows.length === 0
    ? ""
    : output.table(
        [
          {
            title,
            of: ({ routine, status }) => (status === "active" ? routine : `${routine} (${status})`),
          },
          { title: "KEY", of: ({ key }) => key.key },
          { title: "FROM", of: ({ key }) => key.layer, spare: 2 },
          { title: "READS", of: ({ key }) => versionText(key.selector), spare: 1 },
          { title: "WHY", of: ({ key }) => why(key) },
        ],
        rows,
      );
}

/** What the change means for one key, in a few words. */
function why({ effect, code, version, nextVersion, reason, overriddenBy }: AffectedKey): string {
  if (effect === "stops") return `refused: ${code ?? "unknown"}`;
  if (effect === "gets_new_value") return `v${version} → v${nextVersion}`;
  switch (reason) {
    case "overridden":
      return `overridden by ${overriddenBy}`;
    case "pinned":
      return `pinned, stays at v${version}`;
    case "refused_already":
      return `refused already: ${code}`;
    default:
      return `still v${version}`;
  }
}

/** One line per date of each routine that feels the change, and per other way in which it is started. */
function startsTable({ routines }: Blast, output: Output, now: Date): string {
  const rows = routines.flatMap(({ title, starts }) =>
    starts === null ? [] : startsLines(starts, now).map((line) => ({ title, line })),
  );
  return rows.length === 0
    ? ""
    : output.table(
        [
          { title: "NEXT FIRINGS OF", of: ({ title }) => title },
          { title: "WHEN", of: ({ line }) => line },
        ],
        rows,
      );
}

const STANDSTILLS: Readonly<Record<NonNullable<RoutineStarts["standstill"]>, string>> = {
  restore_held: "none: what was restored is held",
  all_paused: "none: schedules and webhooks are paused",
  routine_paused: "none: the routine is paused",
  routine_archived: "none: the routine is archived",
};

function startsLines({ next, undated, switchedOff, standstill }: RoutineStarts, now: Date): string[] {
  if (standstill !== null) return [STANDSTILLS[standstill]];
  const off = switchedOff === 0 ? "" : ` (${plural(switchedOff, "trigger")} switched off)`;
  const lines = [
    ...next.map(({ at, local, zone }) => `${local} ${zone} (${relativeTime(at, now)})`),
    ...undated.map((kind) => (kind === "webhook" ? "at any time, by a webhook" : "at any time, by calls")),
  ];
  return lines.length === 0 ? [`by hand only${off}`] : lines;
}

function firingTable({ firings, moreFirings }: Blast, output: Output, now: Date): string {
  if (firings.length === 0) return "";
  const table = output.table<AffectedFiring>(
    [
      { title: "WAITING RUN", of: ({ title }) => title },
      {
        title: "WHEN",
        of: ({ at, kind }) => `${kind === "retry" ? "retry, " : ""}${relativeTime(at, now) ?? "as soon as possible"}`,
      },
      { title: "EFFECT", of: ({ effect }) => effect.replaceAll("_", " ") },
      { title: "RUN", of: ({ runId }) => runId, whole: true, spare: 1 },
    ],
    firings,
  );
  return moreFirings === 0 ? table : `${table}and ${plural(moreFirings, "more waiting run")}\n`;
}

function idleTable({ idle }: Blast, output: Output): string {
  return idle.length === 0
    ? ""
    : output.table(
        [
          { title: "BOUND, USED BY NO ROUTINE NOW", of: ({ targetName, targetId }) => targetName ?? targetId },
          { title: "LAYER", of: ({ targetType }) => targetType },
          { title: "AT", of: ({ configPath }) => configPath },
        ],
        idle,
      );
}
