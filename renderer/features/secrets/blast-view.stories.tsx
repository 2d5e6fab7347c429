import type { Meta } from "@storybook/react-vite";
import type { Blast } from "../../../preload/contract/blast.ts";
import { databaseDown, pending } from "../../stories/answers.ts";
import { minutesAgo } from "../../stories/clock.ts";
import { partStory } from "../../stories/panel-story.tsx";
import { aBlast, anAffectedKey, anAffectedRoutine, someStarts } from "../../stories/records/blast.ts";
import { idOf } from "../../stories/records/ids.ts";
import { BlastView } from "./blast-view.tsx";

export default { title: "Secrets/Blast view" } satisfies Meta;

const view = (blast: Blast) =>
  partStory(
    <BlastView
      secretId={idOf("secret")}
      change={blast.change}
      {...(blast.version === null ? {} : { version: blast.version })}
    />,
    { answers: { "routines.blast": blast } },
  );

export const Empty = view(aBlast({ routines: [] }));

export const Stops = view(
  aBlast({
    routines: [
      anAffectedRoutine({
        starts: someStarts(),
        keys: [
          anAffectedKey({ layer: "agent", consumerName: "triage", consumerId: idOf("agent") }),
          anAffectedKey({
            key: "NPM_TOKEN",
            layer: "project",
            consumerName: "Website",
            effect: "unaffected",
            code: null,
            reason: "overridden",
            overriddenBy: "routine",
          }),
        ],
      }),
      anAffectedRoutine({
        routineId: idOf("routine", 2),
        title: "Inbox sweep",
        status: "paused",
        starts: someStarts({ next: [], standstill: "routine_paused" }),
      }),
    ],
    firings: [
      {
        kind: "queued",
        at: null,
        runId: idOf("run", 1),
        routineId: idOf("routine"),
        title: "Nightly triage",
        effect: "stops",
        keys: [anAffectedKey()],
      },
      {
        kind: "retry",
        at: minutesAgo(-12),
        runId: idOf("run", 2),
        routineId: idOf("routine", 2),
        title: "Inbox sweep",
        effect: "unaffected",
        keys: [anAffectedKey({ effect: "unaffected", code: null, reason: "pinned", version: 2, selector: 2 })],
      },
    ],
    idle: [{ targetType: "agent", targetId: idOf("agent", 2), targetName: "reviewer", configPath: "env.GH_TOKEN" }],
  }),
);

export const GetsTheNewValue = view(
  aBlast({
    change: "rotate",
    routines: [
      anAffectedRoutine(
        { effect: "gets_new_value", starts: someStarts({ next: [], undated: [], switchedOff: 1 }) },
        { version: 4, nextVersion: 5 },
      ),
      anAffectedRoutine(
        { routineId: idOf("routine", 2), title: "Release notes", effect: "unaffected" },
        { selector: 2, version: 2, nextVersion: 2, reason: "pinned" },
      ),
      anAffectedRoutine(
        { routineId: idOf("routine", 3), title: "Old report", effect: "unaffected", status: "archived" },
        { reason: "refused_already", code: "binding_missing" },
      ),
    ],
  }),
);

export const VersionDestroyed = view(
  aBlast({
    change: "destroy_version",
    version: 2,
    routines: [anAffectedRoutine({}, { selector: 2, code: "version_inactive", version: 2 })],
  }),
);

export const Many = view(
  aBlast({
    routines: Array.from({ length: 340 }, (_, index) =>
      anAffectedRoutine({
        routineId: idOf("routine", index),
        title: index === 3 ? '<img src=x onerror="document.title=1"> سجل' : `Routine ${index} with a longer title`,
        effect: index < 300 ? "stops" : "unaffected",
        keys: [
          anAffectedKey(
            index < 300
              ? { layer: "agent", consumerName: "an agent with a long name that goes on and on" }
              : { effect: "unaffected", code: null, reason: "overridden", overriddenBy: "routine" },
          ),
        ],
      }),
    ),
    firings: Array.from({ length: 200 }, (_, index) => ({
      kind: "queued" as const,
      at: minutesAgo(-index),
      runId: idOf("run", index),
      routineId: idOf("routine", index),
      title: `Routine ${index} with a longer title`,
      effect: "stops" as const,
      keys: [anAffectedKey()],
    })),
    moreFirings: 1_800,
  }),
);

export const Loading = partStory(<BlastView secretId={idOf("secret")} change="disable" />, {
  answers: { "routines.blast": pending },
});

export const Failing = partStory(<BlastView secretId={idOf("secret")} change="disable" />, {
  answers: { "routines.blast": databaseDown },
});
