import { eq } from "drizzle-orm";
import type { Status } from "../../../preload/contract/system.ts";
import { implementer } from "../../contract/implementer.ts";
import { Refusal } from "../../contract/refusal.ts";
import { routineTriggers } from "../../database/schema/routines.ts";
import { OPERATOR } from "../../record/activity.ts";
import { findCompany } from "../../work/lookup.ts";
import { findRoutine, lockRoutine } from "../lookup.ts";
import { recordRoutine } from "../revision-log.ts";
import type { TriggerRow } from "../trigger-clock.ts";
import { webhookFactsOf } from "../trigger-records.ts";
import { findTrigger, lockTrigger } from "../triggers.ts";
import { listDeliveries } from "./delivery-log.ts";
import { proofHeaders } from "./proof.ts";
import { receive, type ReceiveServices, signingKeysOf } from "./receive.ts";
import { rotateSigningSecret } from "./signing-secret.ts";

/** For how long the key of before is taken too, unless told otherwise: a day, in seconds. */
const KEEP_OLD_SECONDS = 86_400;

export type WebhookServices = ReceiveServices & { readonly webhooks: () => Status["webhooks"] };

interface One {
  readonly company?: string | undefined;
  readonly routine: string;
  readonly trigger: string;
}

/** The calls of the contract's area `webhooks`. */
export function webhookProcedures(services: WebhookServices) {
  const area = implementer.webhooks;
  const { database, vault, clock, webhooks } = services;
  const { orm } = database;
  const meant = async (input: One) => {
    const company = await findCompany(orm, input.company);
    const routine = await findRoutine(orm, company.id, input.routine);
    const trigger = await findTrigger(orm, routine.id, input.trigger);
    requireWebhook(trigger);
    return { routine, trigger };
  };

  return {
    rotate: area.rotate.handler(async ({ input }) => {
      const { routine: found } = await meant(input);
      const keepOldMs = (input.keepOldSeconds ?? KEEP_OLD_SECONDS) * 1_000;
      await vault.makeReady();
      return orm.transaction(async (tx) => {
        const routine = await lockRoutine(tx, found.companyId, found.id);
        const trigger = await lockTrigger(tx, routine, input.trigger);
        requireWebhook(trigger);
        requireSigned(trigger);
        const now = clock.now();
        const keepOldUntil = keepOldMs === 0 ? null : new Date(now.getTime() + keepOldMs);
        const stores = { executor: tx, vault, clock, actor: OPERATOR };
        const { key, columns } = await rotateSigningSecret(stores, trigger, keepOldUntil);
        const next = { ...trigger, ...columns, updatedAt: now };
        await tx.update(routineTriggers).set(next).where(eq(routineTriggers.id, trigger.id));
        const { id, label } = trigger;
        await recordRoutine(tx, routine, OPERATOR, "routine.webhook_rotated", {
          trigger: id,
          ...(label === null ? {} : { label }),
        });
        const facts = webhookFactsOf(next);
        if (facts === null) throw new Error("a webhook has no facts");
        return { signingKey: key.value, webhook: { ...facts, address: `${webhooks().base}${facts.address}` } };
      });
    }),
    deliveries: area.deliveries.handler(async ({ input }) => {
      const { trigger } = await meant(input);
      return listDeliveries(orm, { triggerId: trigger.id, limit: input.limit, cursor: input.cursor });
    }),
    test: area.test.handler(async ({ input }) => {
      const { trigger } = await meant(input);
      const body = Buffer.from(input.payload === undefined ? "" : JSON.stringify(input.payload));
      const mode = trigger.signingMode ?? "bearer";
      const keys = mode === "none" ? { current: "" } : await signingKeysOf(services, trigger, clock.now());
      // Without its key the delivery is judged all the same: what stands in the way is what is asked for.
      const signingKey = "current" in keys ? keys.current : "none";
      const verdict = await receive(services, {
        publicId: trigger.publicId ?? "",
        headers: { "content-type": "application/json", ...proofHeaders(mode, signingKey, body, clock.now()) },
        body,
        bodyBytes: body.length,
        sourceAddress: null,
        test: true,
      });
      if (verdict === null) throw new Refusal("trigger_missing", "The webhook is not there any more.");
      const { outcome, status: httpStatus, code, reason, run, variables } = verdict;
      const { state, reason: listener } = webhooks();
      const listening = state === "listening";
      return { outcome, httpStatus, code, reason, runId: run?.runId ?? null, variables, listening, listener };
    }),
  };
}

function requireWebhook(trigger: TriggerRow): void {
  if (trigger.kind === "webhook") return;
  throw new Refusal("trigger_invalid", `The trigger is of the kind ${trigger.kind}, and no webhook.`, {
    next: "See what there is: `paperclip-desktop triggers list --routine NAME`",
    fields: { trigger: "is no webhook" },
  });
}

function requireSigned(trigger: TriggerRow): void {
  if (trigger.signingMode !== "none") return;
  throw new Refusal(
    "trigger_invalid",
    "The webhook has no signing key: in its mode whoever knows the address may call.",
    {
      next: "Choose another mode first: `paperclip-desktop triggers update TRIGGER --routine NAME --mode bearer`",
      fields: { trigger: "has no signing key in its mode" },
    },
  );
}
