import type { Meta } from "@storybook/react-vite";
import type { ActivityEntry } from "../../../preload/contract/system.ts";
import { databaseDown, pageOf, pending } from "../../stories/answers.ts";
import { minutesAgo } from "../../stories/clock.ts";
import { partStory } from "../../stories/panel-story.tsx";
import { idOf } from "../../stories/records/ids.ts";
import { anActivityEntry } from "../../stories/records/system.ts";
import { ActivityList } from "./activity-list.tsx";

export default { title: "Record/Activity" } satisfies Meta;

const entity = { type: "routine", id: idOf("routine") };

type What = readonly [action: string, entityType: string, details: ActivityEntry["details"]];

const ACTIONS: readonly [What, ...What[]] = [
  ["routine.restored", "routine", { title: "Nightly triage", revision: 9, restoredFrom: 5 }],
  ["routine.revision_created", "routine", { revision: 9, changeSummary: "Restored from revision 5" }],
  ["secret.rotated", "secret", { key: "gh-token", version: 4 }],
  ["agent.updated", "agent", { name: "triage", changed: ["env", "adapterConfig"] }],
  ["run.retried", "run", { attempt: 2 }],
  ["company.updated", "company", { name: "Acme", issuePrefix: "ACME" }],
  ["plugin.did_something_new", "plugin", {}],
  ["project.created", "project", { name: "<b>bold</b> سجل يومي ".repeat(20) }],
];

const entryAt = (index: number) => {
  const [action, entityType, details] = ACTIONS[index % ACTIONS.length] ?? ACTIONS[0];
  return anActivityEntry({
    id: idOf("entry", index + 1),
    action,
    entityType,
    entityId: idOf("routine"),
    details,
    createdAt: minutesAgo(index * 17),
  });
};

export const OfOneThing = partStory(<ActivityList entity={entity} />, {
  answers: { "activity.list": { entries: [entryAt(0), entryAt(1)], nextCursor: null } },
});

export const OfTheCompany = partStory(<ActivityList />, {
  answers: {
    "activity.list": (input) => {
      const { rows, nextCursor } = pageOf(input, 100, entryAt);
      return { entries: rows, nextCursor };
    },
  },
});

export const Empty = partStory(<ActivityList entity={entity} />, {
  answers: { "activity.list": { entries: [], nextCursor: null } },
});

export const Loading = partStory(<ActivityList entity={entity} />, { answers: { "activity.list": pending } });

export const Failing = partStory(<ActivityList entity={entity} />, { answers: { "activity.list": databaseDown } });
