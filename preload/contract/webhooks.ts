import { oc } from "@orpc/contract";
import { z } from "zod";
import { company, id, instant, nextCursor, page, reference } from "./common.ts";
import { errorMap } from "./errors.ts";
import { runStatus } from "./runs.ts";

const area = oc.errors(errorMap);

/**
 * How a delivery proves who sent it. `bearer`: the signing key in the header Authorization. `hmac_sha256`: a signature over
 * timestamp and body, each taken once. `github_hmac`: a signature over the body, as GitHub sends it. `none`: whoever knows the
 * address.
 */
export const signingMode = z.enum(["bearer", "hmac_sha256", "github_hmac", "none"]);
export type SigningMode = z.infer<typeof signingMode>;

/** How far the timestamp of a delivery may be from now, in seconds. */
export const replayWindowSeconds = z.int().min(30).max(86_400);

/** What a trigger of the kind webhook has. Its signing key is a secret; it is answered once, when it is made. */
export const webhookFacts = z.object({
  publicId: z.string(),
  /** Where deliveries are posted to, such as `http://127.0.0.1:3200/hooks/5f0c…`. */
  address: z.string(),
  signingMode,
  replayWindowSeconds: z.int(),
  /** The secret of the vault that is its signing key; null where it has none. */
  secretId: id.nullable(),
  lastRotatedAt: instant.nullable(),
  /** Until when the signing key from before the last rotation is taken too; null where it is not. */
  previousKeyUntil: instant.nullable(),
});
export type WebhookFacts = z.infer<typeof webhookFacts>;

const deliveryOutcome = z.enum(["started", "repeated", "coalesced", "skipped", "refused"]);
export type DeliveryOutcome = z.infer<typeof deliveryOutcome>;

/** One delivery and what became of it. Neither its headers nor its body. */
const delivery = z.object({
  id,
  receivedAt: instant,
  /** It was to say what would happen, and started nothing. */
  test: z.boolean(),
  outcome: deliveryOutcome,
  /** What was answered, or would have been to one that is no test. */
  httpStatus: z.int(),
  code: z.string().nullable(),
  reason: z.string(),
  bodyBytes: z.int(),
  sourceAddress: z.string().nullable(),
  /** Its proof was made with the signing key from before the last rotation. */
  previousKey: z.boolean(),
  runId: id.nullable(),
  runStatus: runStatus.nullable(),
});
export type Delivery = z.infer<typeof delivery>;

/** What a delivery with this body would come to now. */
const testedDelivery = z.object({
  outcome: deliveryOutcome,
  httpStatus: z.int(),
  code: z.string().nullable(),
  reason: z.string(),
  /** The run that an active one of the same work is; null where a new one would start, or none would. */
  runId: id.nullable(),
  /** Values that its run would have. */
  variables: z.record(z.string(), z.json()),
  /** Whether deliveries from outside can arrive now, in one sentence. */
  listening: z.boolean(),
  listener: z.string(),
});
export type TestedDelivery = z.infer<typeof testedDelivery>;

const rotatedSigningKey = z.object({
  /** In this answer and nowhere else. */
  signingKey: z.string(),
  webhook: webhookFacts,
});

/** A webhook of the routine, by its id or its label. */
const one = z.object({ company, routine: reference, trigger: reference });

export const webhooks = {
  rotate: area
    .route({ summary: "Make a webhook a new signing key, answered once; the old one is taken for a while longer" })
    .input(
      one.extend({
        /** For how long the key of before is taken too, in seconds: a day unless told otherwise. 0: it ends now. */
        keepOldSeconds: z.int().min(0).max(604_800).optional(),
      }),
    )
    .output(rotatedSigningKey),
  deliveries: area
    .route({ summary: "What came to a webhook and what became of it, newest first" })
    .input(one.extend(page))
    .output(z.object({ deliveries: z.array(delivery), nextCursor })),
  test: area
    .route({ summary: "Say what a delivery would come to; nothing is started" })
    .input(
      one.extend({
        /** Its body; none unless told otherwise. */
        payload: z.json().optional(),
      }),
    )
    .output(testedDelivery),
};
