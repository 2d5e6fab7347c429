import type { Meta } from "@storybook/react-vite";
import { databaseDown, pending, refused } from "../../stories/answers.ts";
import type { Answers } from "../../stories/answers.ts";
import { panelStory } from "../../stories/panel-story.tsx";
import { idOf } from "../../stories/records/ids.ts";
import { aPreview, aRoutine } from "../../stories/records/routines.ts";
import { aSecretDetail } from "../../stories/records/secrets.ts";
import { aStatus } from "../../stories/records/system.ts";
import { anAgent, aProject } from "../../stories/records/work.ts";

export default { title: "Routines/Secrets tab" } satisfies Meta;

const place = `/routines/${idOf("routine")}?tab=secrets`;
const around: Answers = {
  "agents.get": anAgent({ env: {} }),
  "agents.list": { agents: [anAgent()] },
  "projects.get": aProject({ env: {} }),
  "projects.list": { projects: [aProject()] },
  "secrets.get": aSecretDetail(),
  "routines.get": aRoutine(),
  "routines.preview": aPreview(),
};

export const Empty = panelStory({
  place,
  answers: { ...around, "routines.get": aRoutine({ env: {} }), "routines.preview": aPreview({ env: [] }) },
});

export const Configured = panelStory({
  place,
  answers: {
    ...around,
    "agents.get": anAgent(),
    "projects.get": aProject(),
    "routines.get": aRoutine({ env: { ...aRoutine().env, REGION: { type: "plain", value: "eu-central" } } }),
  },
});

export const NeedsAttention = panelStory({
  place,
  answers: {
    ...around,
    "agents.get": anAgent({
      env: { OLD: { type: "secret_ref", secretId: idOf("secret", 3), version: "latest" } },
    }),
    "routines.get": aRoutine({
      env: {
        ...aRoutine().env,
        NPM_TOKEN: { type: "secret_ref", secretId: idOf("secret", 2), version: 1 },
        STRIPE_KEY: { type: "plain", value: "not-a-real-key" },
      },
    }),
    "secrets.get": ({ secret }) => {
      if (secret === idOf("secret", 3)) return refused("secret_missing", "There is no such secret.");
      if (secret !== idOf("secret", 2)) return aSecretDetail();
      return aSecretDetail({ id: secret, key: "npm-publish", name: "npm-publish", status: "disabled" });
    },
  },
});

export const WithoutAgent = panelStory({
  place,
  answers: { ...around, "routines.get": aRoutine({ agentId: null, agentName: null, status: "paused" }) },
});

export const VaultLocked = panelStory({
  place,
  answers: { ...around, "system.status": aStatus({ vault: { state: "locked", keyId: null, custody: "file" } }) },
});

export const Loading = panelStory({ place, answers: { ...around, "agents.get": pending } });

export const Failing = panelStory({
  place,
  answers: { ...around, "agents.get": databaseDown, "secrets.get": databaseDown, "routines.preview": databaseDown },
});
