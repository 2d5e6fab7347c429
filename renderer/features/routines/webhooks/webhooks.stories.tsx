import type { Meta } from "@storybook/react-vite";
import type { TriggerRecord } from "../../../../preload/contract/triggers.ts";
import type { Delivery, WebhookFacts } from "../../../../preload/contract/webhooks.ts";
import { refused } from "../../../stories/answers.ts";
import type { Answers } from "../../../stories/answers.ts";
import { daysAgo, hoursAgo } from "../../../stories/clock.ts";
import { panelStory } from "../../../stories/panel-story.tsx";
import type { StoryPage } from "../../../stories/panel-story.tsx";
import { idOf } from "../../../stories/records/ids.ts";
import { aRoutine, aTrigger } from "../../../stories/records/routines.ts";
import { aStatus } from "../../../stories/records/system.ts";

export default { title: "Routines/Webhooks" } satisfies Meta;

const place = `/routines/${idOf("routine")}?tab=triggers`;
const BASE = "http://127.0.0.1:3200";

const facts: WebhookFacts = {
  publicId: "5f0c2a9be3d14c7788aa01f2",
  address: `${BASE}/hooks/5f0c2a9be3d14c7788aa01f2`,
  signingMode: "hmac_sha256",
  replayWindowSeconds: 300,
  secretId: idOf("secret"),
  lastRotatedAt: hoursAgo(3),
  previousKeyUntil: "2026-03-09T08:00:00.000Z",
};

const hook = (different: Partial<WebhookFacts> = {}, trigger: Partial<TriggerRecord> = {}): TriggerRecord =>
  aTrigger({
    kind: "webhook",
    label: "deploys",
    expression: null,
    explanation: null,
    zone: null,
    nextRunAt: null,
    webhook: { ...facts, ...different },
    ...trigger,
  });

const listening = aStatus({
  webhooks: { state: "listening", reason: `Webhooks are taken at ${BASE}.`, base: BASE, unknown: null },
});

const delivery = (number: number, different: Partial<Delivery>): Delivery => ({
  id: idOf("attempt", number),
  receivedAt: hoursAgo(number),
  test: false,
  outcome: "refused",
  httpStatus: 401,
  code: "proof_wrong",
  reason: "Its proof was not made with the signing key.",
  bodyBytes: 1_204,
  sourceAddress: "127.0.0.1",
  previousKey: false,
  runId: null,
  runStatus: null,
  ...different,
});

const run = { code: null, httpStatus: 202, runId: idOf("run"), runStatus: "succeeded" as const };
const deliveries: readonly Delivery[] = [
  delivery(9, {
    ...run,
    receivedAt: hoursAgo(0.2),
    sourceAddress: null,
    outcome: "started",
    test: true,
    runId: null,
    reason: "A run would be queued.",
  }),
  delivery(1, { ...run, outcome: "started", reason: `Run ${idOf("run")} was queued.` }),
  delivery(2, { ...run, outcome: "started", previousKey: true, reason: `Run ${idOf("run")} was queued.` }),
  delivery(3, { ...run, outcome: "repeated", reason: `Its idempotency key was seen before: run ${idOf("run")}.` }),
  delivery(4, { ...run, outcome: "coalesced", reason: "It gave way to an active run of the same work." }),
  delivery(5, { httpStatus: 409, code: "replay", reason: "This very delivery has been taken already." }),
  delivery(6, {
    code: "proof_stale",
    reason: "Its timestamp is 4210 s behind this machine's clock, and 300 s are taken.",
  }),
  delivery(7, {
    httpStatus: 503,
    code: "vault_locked",
    reason: "Its proof could not be checked: the signing key was not released (vault_locked).",
  }),
  delivery(8, {
    httpStatus: 413,
    code: "body_too_large",
    bodyBytes: 4_718_592,
    reason: "The body is larger than is taken (4718592 bytes).",
  }),
];

const of = (trigger: TriggerRecord | null, more: Answers = {}): Answers => ({
  "routines.get": aRoutine(),
  "triggers.list": { triggers: trigger === null ? [] : [trigger] },
  "triggers.next": { times: [], switchedOff: 0, standstill: null },
  "system.status": listening,
  "webhooks.deliveries": ({ limit = 50 }) => ({
    deliveries: deliveries.slice(0, limit),
    nextCursor: limit < deliveries.length ? "more" : null,
  }),
  ...more,
});

const open = async ({ screen, user }: StoryPage) => {
  await user.click(await screen.findByRole("button", { name: "Actions of deploys" }));
  await user.click(await screen.findByRole("menuitem", { name: "Set-up and deliveries" }));
  await screen.findByRole("dialog");
};

export const Deliveries = panelStory({
  place,
  answers: of(hook()),
  act: async (page) => {
    await open(page);
    await page.screen.findByRole("list", { name: "Deliveries" });
  },
});

export const NothingCameAndThePortIsTaken = panelStory({
  place,
  answers: of(hook({ signingMode: "none", secretId: null, lastRotatedAt: null, previousKeyUntil: null }), {
    "webhooks.deliveries": { deliveries: [], nextCursor: null },
    "system.status": aStatus({
      webhooks: {
        state: "failed",
        reason: "Webhooks are not taken: another program uses port 3200.",
        base: BASE,
        unknown: null,
      },
    }),
  }),
  act: open,
});

export const Tested = panelStory({
  place,
  answers: of(hook({ signingMode: "github_hmac", previousKeyUntil: null, lastRotatedAt: daysAgo(40) }), {
    "webhooks.test": {
      outcome: "started",
      httpStatus: 202,
      code: null,
      reason: "A run would be queued.",
      runId: null,
      variables: { branch: "main" },
      listening: true,
      listener: `Webhooks are taken at ${BASE}.`,
    },
  }),
  act: async (page) => {
    await open(page);
    await page.user.click(await page.screen.findByRole("button", { name: "Send test delivery" }));
    await page.screen.findByText("A run would be queued. Nothing was started.");
  },
});

export const Rotated = panelStory({
  place,
  answers: of(hook(), {
    "webhooks.rotate": { signingKey: "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a6978", webhook: facts },
  }),
  act: async (page) => {
    await open(page);
    await page.user.click(await page.screen.findByRole("button", { name: "Rotate signing key" }));
    await page.user.click(await page.screen.findByRole("button", { name: "Rotate key" }));
    await page.screen.findByText("The signing key is shown this once");
  },
});

const add = async ({ screen, user }: StoryPage) => {
  const [button] = await screen.findAllByRole("button", { name: "Add trigger" });
  if (button) await user.click(button);
  await user.click(await screen.findByRole("menuitem", { name: "Webhook…" }));
  await screen.findByRole("dialog");
};

export const Adding = panelStory({
  place,
  answers: of(null, {
    "triggers.create": { ...hook(), signingKey: "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a6978" },
  }),
  act: add,
});

export const NotAdded = panelStory({
  place,
  answers: of(null, {
    "triggers.create": refused("vault_locked", "The vault is locked: its key is not there.", {
      next: "Bring the master key back.",
    }),
  }),
  act: async (page) => {
    await add(page);
    const buttons = await page.screen.findAllByRole("button", { name: "Add trigger" });
    const submit = buttons.at(-1);
    if (submit) await page.user.click(submit);
    await page.screen.findByText("The vault is locked: its key is not there.");
  },
});
