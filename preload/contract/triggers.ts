import { oc } from "@orpc/contract";
import { z } from "zod";
import { company, id, instant, line, reference } from "./common.ts";
import { errorMap } from "./errors.ts";
import { replayWindowSeconds, signingMode, webhookFacts } from "./webhooks.ts";

const area = oc.errors(errorMap);

const expression = z
  .string()
  .max(500, "must be at most 500 characters")
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, "must not hold control characters or half a character");
const zone = z.string().trim().min(1, "must not be empty").max(64, "must be at most 64 characters");
const label = line(120);
/** For how long after its slot a run still is on time, in seconds. */
const graceSeconds = z.int().min(5).max(86_400);
/** Of missed slots, the newest so many run under `enqueue_missed_with_cap`. */
const missedCap = z.int().min(1).max(100);

export const triggerInput = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("schedule"),
    expression,
    /** An IANA zone, such as Europe/Berlin. */
    zone,
    label: label.optional(),
    enabled: z.boolean().optional(),
    graceSeconds: graceSeconds.optional(),
    missedCap: missedCap.optional(),
  }),
  z.strictObject({
    kind: z.literal("once"),
    at: instant,
    /** In which its run says what day it is; UTC where it is left out. */
    zone: zone.optional(),
    label: label.optional(),
    enabled: z.boolean().optional(),
    graceSeconds: graceSeconds.optional(),
  }),
  z.strictObject({ kind: z.literal("api"), label: label.optional(), enabled: z.boolean().optional() }),
  z.strictObject({
    kind: z.literal("webhook"),
    signingMode,
    /** Of hmac_sha256; 300 unless told otherwise. */
    replayWindowSeconds: replayWindowSeconds.optional(),
    label: label.optional(),
    enabled: z.boolean().optional(),
  }),
]);
export type TriggerInput = z.infer<typeof triggerInput>;

/** What is left out stays. A kind takes only what it has: an expression is none of a once trigger. */
const triggerChanges = z
  .strictObject({
    expression,
    zone,
    at: instant,
    label: label.nullable(),
    graceSeconds,
    missedCap,
    signingMode,
    replayWindowSeconds,
  })
  .partial();
export type TriggerChanges = z.infer<typeof triggerChanges>;

const triggerRecord = z.object({
  id,
  companyId: id,
  routineId: id,
  kind: z.enum(["schedule", "once", "api", "webhook"]),
  label: z.string().nullable(),
  enabled: z.boolean(),
  /** Of a schedule: as it was written, and in words. */
  expression: z.string().nullable(),
  explanation: z.string().nullable(),
  zone: z.string().nullable(),
  /** Of a once trigger. */
  at: instant.nullable(),
  graceSeconds: z.int(),
  missedCap: z.int(),
  /** Of a webhook. */
  webhook: webhookFacts.nullable(),
  /** Null where nothing comes: disabled, its routine is not active, or no slot is left. */
  nextRunAt: instant.nullable(),
  lastFiredAt: instant.nullable(),
  /** What became of the last slots, in one sentence. */
  lastResult: z.string().nullable(),
  createdAt: instant,
  updatedAt: instant,
});
export type TriggerRecord = z.infer<typeof triggerRecord>;

/** A time at which a trigger is due, with what its clock shows then. */
export const upcomingTime = z.object({
  at: instant,
  triggerId: id,
  label: z.string().nullable(),
  zone: z.string(),
  /** Such as `2026-03-08 07:00`. */
  local: z.string(),
  /** What a change of the clock does to it; null on other days. */
  note: z.string().nullable(),
});
export type UpcomingTime = z.infer<typeof upcomingTime>;

/**
 * Why no trigger of a routine starts it now, whatever its times: what was restored is held, everything is paused, or the routine
 * itself is not active.
 */
export const standstill = z.enum(["restore_held", "all_paused", "routine_paused", "routine_archived"]);
export type Standstill = z.infer<typeof standstill>;

const nextTimes = z.object({
  /** Also while nothing starts the routine: as they will be if that ends before them. */
  times: z.array(upcomingTime),
  /** Triggers that are switched off; none of the times is theirs. */
  switchedOff: z.int().min(0),
  standstill: standstill.nullable(),
});
export type NextTimes = z.infer<typeof nextTimes>;

/** What a schedule would mean, or where it is wrong: `position` counts characters of the field from 0. */
const schedulePreview = z.discriminatedUnion("outcome", [
  z.object({
    outcome: z.literal("valid"),
    explanation: z.string(),
    times: z.array(upcomingTime.pick({ at: true, local: true, note: true })),
  }),
  z.object({
    outcome: z.literal("invalid"),
    field: z.enum(["expression", "zone"]),
    message: z.string(),
    position: z.int(),
    length: z.int(),
  }),
]);
export type SchedulePreview = z.infer<typeof schedulePreview>;

const ofRoutine = z.object({ company, routine: reference });
/** A trigger of the routine, by its id or its label. */
const one = ofRoutine.extend({ trigger: reference });

export const triggers = {
  list: area
    .route({ summary: "The triggers of a routine" })
    .input(ofRoutine)
    .output(z.object({ triggers: z.array(triggerRecord) })),
  create: area
    .route({
      summary:
        "Give a routine a trigger: a schedule in a zone, one instant, a name for calls, or a webhook, whose signing key is answered once",
    })
    .input(ofRoutine.extend({ trigger: triggerInput }))
    .output(triggerRecord.extend({ signingKey: z.string().nullable() })),
  update: area
    .route({ summary: "Change a trigger; its slots are counted from now on" })
    .input(one.extend({ changes: triggerChanges }))
    .output(triggerRecord),
  enable: area.route({ summary: "Let a trigger start its routine, from now on" }).input(one).output(triggerRecord),
  disable: area
    .route({ summary: "Stop a trigger; it has no slots until it is enabled" })
    .input(one)
    .output(triggerRecord),
  remove: area
    .route({ summary: "Remove a trigger; the runs that it started stay" })
    .input(one)
    .output(z.object({ removed: z.literal(true) })),
  next: area
    .route({ summary: "When the enabled triggers of a routine are due next, with what the clock's changes do" })
    .input(ofRoutine.extend({ count: z.int().min(1).max(1_000).optional() }))
    .output(nextTimes),
  preview: area
    .route({ summary: "What a schedule would mean, in words and by its next times, or where it is wrong" })
    .input(z.object({ expression, zone, count: z.int().min(1).max(100).optional() }))
    .output(schedulePreview),
};
