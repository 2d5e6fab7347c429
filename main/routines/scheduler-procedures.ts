import { implementer } from "../contract/implementer.ts";
import type { Database } from "../database/database.ts";
import type { Clock } from "../instance/clock.ts";
import { OPERATOR } from "../record/activity.ts";
import { findCompany } from "../work/lookup.ts";
import { absencesIn, requireStretch, routinesDue } from "./scheduler/outlook.ts";
import { pauseAll, readPause, resumeAll } from "./scheduler/pause.ts";

/** The calls of the contract's area `scheduler`. */
export function schedulerProcedures({ database, clock }: { readonly database: Database; readonly clock: Clock }) {
  const area = implementer.scheduler;
  const { orm } = database;
  return {
    pause: area.pause.handler(async () => {
      const since = await pauseAll(database, OPERATOR, clock.now());
      return { pausedSince: since.toISOString() };
    }),
    resume: area.resume.handler(async () => {
      await resumeAll(database, OPERATOR, clock.now());
      return { pausedSince: null };
    }),
    outlook: area.outlook.handler(async ({ input }) => {
      const { id: companyId } = await findCompany(orm, input.company);
      const now = clock.now();
      const stretch = { since: new Date(input.since), until: new Date(input.until), buckets: input.buckets, now };
      requireStretch(stretch);
      const due = await routinesDue(orm, companyId, stretch);
      const pausedSince = await readPause(orm);
      return {
        ...due,
        absences: await absencesIn(orm, stretch),
        pausedSince: pausedSince?.toISOString() ?? null,
      };
    }),
  };
}
