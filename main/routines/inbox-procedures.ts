import type { Released, RunChoice, SkipChoice } from "../../preload/contract/inbox.ts";
import { implementer } from "../contract/implementer.ts";
import { asRefusal } from "../contract/refusal.ts";
import { OPERATOR } from "../record/activity.ts";
import { findCompany } from "../work/lookup.ts";
import type { DispatchServices } from "./dispatch.ts";
import { heldRoutines, listHeld, slotsOfRow } from "./inbox/listing.ts";
import { releaseHeld } from "./inbox/release.ts";
import { findRoutine } from "./lookup.ts";

interface Held {
  readonly company?: string | undefined;
  readonly routine?: string | undefined;
  readonly trigger?: string | null | undefined;
  readonly heldUntil?: string | undefined;
}

type Task =
  | { readonly does: "run"; readonly choice: RunChoice }
  | { readonly does: "skip"; readonly choice: SkipChoice };

/** The calls of the contract's area `inbox`. */
export function inboxProcedures(services: DispatchServices) {
  const area = implementer.inbox;
  const { database } = services;
  const { orm } = database;

  const release = async (input: Held, task: Task): Promise<Released> => {
    const { id: companyId } = await findCompany(orm, input.company);
    const of = (routineId: string) =>
      releaseHeld(services, {
        companyId,
        routineId,
        triggerId: input.trigger,
        heldUntil: input.heldUntil === undefined ? undefined : new Date(input.heldUntil),
        actor: OPERATOR,
        ...task,
      });
    if (input.routine !== undefined) {
      const { id } = await findRoutine(orm, companyId, input.routine);
      return { ...(await of(id)), refused: [] };
    }
    // Each routine for itself: one that is paused does not keep the others.
    const done: Released = { runs: [], skipped: 0, refused: [] };
    for (const { routineId, routineTitle } of await heldRoutines(database, companyId)) {
      try {
        const { runs, skipped } = await of(routineId);
        done.runs.push(...runs);
        done.skipped += skipped;
      } catch (error) {
        const refusal = asRefusal(error);
        if (!refusal) throw error;
        const { code, message, data } = refusal;
        done.refused.push({ routineId, routineTitle, code, message, next: data.next ?? null });
      }
    }
    return done;
  };

  return {
    list: area.list.handler(async ({ input }) => {
      const { id: companyId } = await findCompany(orm, input.company);
      const routine = input.routine === undefined ? null : await findRoutine(orm, companyId, input.routine);
      return listHeld(database, companyId, routine?.id ?? null);
    }),
    slots: area.slots.handler(async ({ input }) => {
      const { id: companyId } = await findCompany(orm, input.company);
      return slotsOfRow(orm, { ...input, companyId });
    }),
    run: area.run.handler(({ input }) => release(input, { does: "run", choice: input.choice })),
    skip: area.skip.handler(({ input }) => release(input, { does: "skip", choice: input.choice })),
  };
}
