import { z } from "zod";
import { id, instant } from "./common.ts";

const ofAll = { id, label: z.string().nullable() };

/**
 * A trigger as a revision holds it: what it is, and not how it is. Its switch, its next time, its results and the signing key
 * of a webhook are no part of it; a webhook keeps its public id, so that its address stays when it is restored.
 */
export const triggerSnapshot = z.discriminatedUnion("kind", [
  z.object({
    ...ofAll,
    kind: z.literal("schedule"),
    expression: z.string(),
    zone: z.string(),
    graceSeconds: z.int(),
    missedCap: z.int(),
  }),
  z.object({ ...ofAll, kind: z.literal("once"), at: instant, zone: z.string(), graceSeconds: z.int() }),
  z.object({ ...ofAll, kind: z.literal("api") }),
  z.object({
    ...ofAll,
    kind: z.literal("webhook"),
    publicId: z.string(),
    signingMode: z.enum(["bearer", "hmac_sha256", "github_hmac", "none"]),
    replayWindowSeconds: z.int().nullable(),
  }),
]);
export type TriggerSnapshot = z.infer<typeof triggerSnapshot>;
