import { oc } from "@orpc/contract";
import { z } from "zod";
import { company, id, instant } from "./common.ts";
import { errorMap } from "./errors.ts";

const area = oc.errors(errorMap);

/** A routine that is due by itself. */
const dueRoutine = z.object({
  routineId: id,
  title: z.string(),
  nextRunAt: instant,
  /** Of the trigger that is due next. */
  zone: z.string(),
  /** The buckets of the stretch in which a slot of it is to come, in ascending order. */
  ahead: z.array(z.int().min(0)),
});
export type DueRoutine = z.infer<typeof dueRoutine>;

/** A while in which no scheduler was awake. */
const absence = z.object({ from: instant, until: instant, why: z.string() });
export type Absence = z.infer<typeof absence>;

const paused = z.object({ pausedSince: instant.nullable() });

export const scheduler = {
  pause: area
    .route({
      summary: "Pause schedules and webhooks: no trigger has slots, and deliveries are refused, until they are resumed",
    })
    .output(paused),
  resume: area.route({ summary: "Resume schedules and webhooks, from now on" }).output(paused),
  outlook: area
    .route({ summary: "What is due next, and when no scheduler was awake, over a stretch of time" })
    .input(
      z.object({
        company,
        since: instant,
        /** After `since`, by 31 days at most. */
        until: instant,
        /** Parts of equal length that the stretch is cut into, as in `runs.timeline`. */
        buckets: z.int().min(1).max(400),
      }),
    )
    .output(
      z.object({
        /** The one that is due first comes first, 100 at most. */
        routines: z.array(dueRoutine),
        /** Further routines that are due by themselves. */
        more: z.int().min(0),
        absences: z.array(absence),
        pausedSince: instant.nullable(),
      }),
    ),
};
