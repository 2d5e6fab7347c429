import type { Meta } from "@storybook/react-vite";
import { useState } from "react";
import type { Env } from "../../../preload/contract/environment.ts";
import { pending, refused } from "../../stories/answers.ts";
import type { Answers } from "../../stories/answers.ts";
import { hoursAgo } from "../../stories/clock.ts";
import { partStory } from "../../stories/panel-story.tsx";
import type { StoryPage } from "../../stories/panel-story.tsx";
import { idOf } from "../../stories/records/ids.ts";
import { aSecret, aSecretDetail, aVersion } from "../../stories/records/secrets.ts";
import { aReadOnlyStatus, aStatus } from "../../stories/records/system.ts";
import { EnvEditor } from "./env-editor.tsx";
import type { EnvEditorProps } from "./env-editor.tsx";
import { envRows } from "./env-rows.ts";

export default { title: "Environment/Env editor" } satisfies Meta;

function Held({ env, ...rest }: { readonly env: Env } & Omit<EnvEditorProps, "rows" | "onChange">) {
  const [rows, setRows] = useState(() => envRows(env));
  return <EnvEditor {...rest} rows={rows} onChange={setRows} />;
}

const reference = (number: number, version: number | "latest" = "latest") =>
  ({ type: "secret_ref", secretId: idOf("secret", number), version }) as const;
const plain = (value: string) => ({ type: "plain", value }) as const;

const DISABLED = 2;
const ARCHIVED = 3;
const MISSING = 4;
const NEW = 5;
const REVOKED = 6;

const secretsOf = new Map([
  [idOf("secret"), aSecretDetail()],
  [idOf("secret", NEW), aSecretDetail({ id: idOf("secret", NEW), key: "deploy-token", lastResolvedAt: null })],
  [
    idOf("secret", REVOKED),
    aSecretDetail({
      id: idOf("secret", REVOKED),
      key: "stripe-key",
      name: "stripe-key",
      versions: [
        aVersion({ version: 4, status: "disabled", revokedAt: hoursAgo(2) }),
        aVersion({ version: 3, status: "destroyed", keyId: null, revokedAt: hoursAgo(40) }),
        aVersion({ version: 2, status: "previous" }),
        aVersion({ version: 1, status: "disabled", keyId: null }),
      ],
    }),
  ],
  [
    idOf("secret", DISABLED),
    aSecretDetail({
      id: idOf("secret", DISABLED),
      key: "npm-publish",
      name: "npm-publish",
      status: "disabled",
      latestVersion: 3,
      versions: [3, 2, 1].map((version) => aVersion({ version, status: version === 3 ? "current" : "previous" })),
    }),
  ],
  [
    idOf("secret", ARCHIVED),
    aSecretDetail({ id: idOf("secret", ARCHIVED), key: "slack-hook", name: "slack-hook", status: "archived" }),
  ],
]);

const answers: Answers = {
  "secrets.get": ({ secret }) => secretsOf.get(secret) ?? refused("secret_missing", "There is no such secret."),
  "secrets.list": ({ status }) => ({
    secrets:
      status === "archived"
        ? [aSecret({ id: idOf("secret", ARCHIVED), key: "slack-hook", name: "slack-hook", status: "archived" })]
        : [
            aSecret(),
            aSecret({ id: idOf("secret", DISABLED), key: "npm-publish", name: "npm-publish", status: "disabled" }),
          ],
    nextCursor: null,
  }),
  "secrets.create": ({ key }) =>
    aSecret({
      id: idOf("secret", NEW),
      key,
      name: key,
      latestVersion: 1,
      lastResolvedAt: null,
      createdAt: hoursAgo(0),
    }),
};

const healthy: Env = { GH_TOKEN: reference(1), LOG_LEVEL: plain("debug"), REGION: plain("eu-central") };
const mixed: Env = {
  DATABASE_URL: plain("postgres://app:hunter2@db.internal/app"),
  EMPTY: plain(""),
  GH_TOKEN: reference(1, 3),
  GONE: reference(MISSING),
  NOTE: plain("several\nlines"),
  NPM_TOKEN: reference(DISABLED, 2),
  SLACK_HOOK: reference(ARCHIVED),
};
const others = {
  agent: { GH_TOKEN: reference(1), LOG_LEVEL: plain("info"), HTTP_TIMEOUT: plain("30") },
  project: { LOG_LEVEL: plain("debug"), NPM_TOKEN: reference(1) },
};

export const Empty = partStory(<Held env={{}} layer="agent" />, { answers });

export const Healthy = partStory(<Held env={healthy} layer="project" />, { answers });

export const HealthyAmongLayers = partStory(<Held env={healthy} layer="routine" others={others} />, { answers });

export const Mixed = partStory(<Held env={mixed} layer="routine" others={others} />, { answers });

/** The latest disabled, one pinned to what is destroyed, never stored or not there, and one that is pinned and fine. */
export const VersionsThatCannotBeRead = partStory(
  <Held
    env={{
      LATEST: reference(REVOKED),
      PINNED_AND_FINE: reference(REVOKED, 2),
      PINNED_TO_DESTROYED: reference(REVOKED, 3),
      PINNED_TO_NEVER_STORED: reference(REVOKED, 1),
      PINNED_TO_MISSING: reference(REVOKED, 9),
    }}
    layer="project"
  />,
  { answers },
);

export const VersionChoice = partStory(<Held env={{ STRIPE_KEY: reference(REVOKED) }} layer="project" />, {
  answers,
  act: async ({ screen, user }: StoryPage) =>
    user.click(await screen.findByRole("button", { name: /Version of STRIPE_KEY/ })),
});

export const BrokenInAnotherLayer = partStory(
  <Held env={{}} layer="routine" others={{ agent: { NPM_TOKEN: reference(DISABLED), GONE: reference(MISSING) } }} />,
  { answers },
);

export const OverriddenByAnotherLayer = partStory(
  <Held env={{ LOG_LEVEL: plain("info") }} layer="agent" others={{ project: { LOG_LEVEL: plain("debug") } }} />,
  { answers },
);

export const KnownToThePreviewAlone = partStory(
  <Held
    env={{ GH_TOKEN: reference(1) }}
    layer="routine"
    others={{}}
    preview={[
      {
        key: "GH_TOKEN",
        layer: "routine",
        overrides: [],
        source: "secret",
        secretId: idOf("secret"),
        selector: "latest",
        problem: "binding_missing",
      },
    ]}
  />,
  { answers },
);

export const VaultLocked = partStory(<Held env={{ GH_TOKEN: reference(1) }} layer="routine" others={{}} />, {
  answers: {
    ...answers,
    "system.status": aStatus({ vault: { state: "locked", keyId: null, custody: "file" } }),
  },
});

export const SecretsAsked = partStory(<Held env={healthy} layer="agent" />, {
  answers: { ...answers, "secrets.get": pending },
});

export const ReadOnly = partStory(<Held env={mixed} layer="routine" others={others} isReadOnly />, {
  answers: { ...answers, "system.status": aReadOnlyStatus() },
});

export const Refused = partStory(
  <Held env={healthy} layer="agent" errors={{ "env.GH_TOKEN": 'the secret "gh-token" is deleted.' }} />,
  { answers },
);

const write = async ({ screen, user }: StoryPage, key: string, value: string) => {
  await user.type(await screen.findByLabelText("New key"), key);
  await user.type(await screen.findByLabelText(`Value of ${key}`), value);
};

export const BadKeys = partStory(<Held env={healthy} layer="agent" />, {
  answers,
  act: async (page) => {
    await page.user.type(await page.screen.findByLabelText("New key"), "LOG_LEVEL");
    await write(page, "2ND", "x");
    await write(page, "PAPERCLIP_RUN_ID", "x");
  },
});

export const HostileText = partStory(
  <Held
    env={{ ["<img src=x onerror=alert(1)>".repeat(6)]: plain("<b>bold</b> ".repeat(40)), سجل: plain("قيمة") }}
    layer="agent"
  />,
  { answers },
);

export const Credential = partStory(<Held env={{}} layer="routine" others={{}} />, {
  answers,
  act: (page) => write(page, "DEPLOY_TOKEN", "not-a-real-token"),
});

const seal = async (page: StoryPage) => {
  await write(page, "DEPLOY_TOKEN", "not-a-real-token");
  await page.user.click(await page.screen.findByRole("button", { name: "Seal into a secret" }));
  await page.screen.findByRole("dialog");
};

export const SealDialog = partStory(<Held env={{}} layer="routine" others={{}} />, { answers, act: seal });

export const SealTaken = partStory(<Held env={{}} layer="routine" others={{}} />, {
  answers: {
    ...answers,
    "secrets.create": refused("secret_taken", "Nothing was saved: there is a secret with this key already.", {
      fields: { key: "is taken" },
    }),
  },
  act: async (page) => {
    await seal(page);
    await page.user.click(await page.screen.findByRole("button", { name: "Seal value" }));
    await page.screen.findByText(/Choose another key/);
  },
});

export const Sealed = partStory(<Held env={{}} layer="routine" others={{}} />, {
  answers,
  act: async (page) => {
    await seal(page);
    await page.user.click(await page.screen.findByRole("button", { name: "Seal value" }));
    await page.screen.findByText(/the plain value is gone/);
  },
});

export const FixMenu = partStory(<Held env={{ NPM_TOKEN: reference(DISABLED) }} layer="routine" others={{}} />, {
  answers,
  act: async ({ screen, user }) => {
    await user.click(await screen.findByRole("button", { name: "Fix NPM_TOKEN" }));
    await screen.findByRole("menu");
  },
});
