import type { TriggerRecord } from "../../preload/contract/triggers.ts";
import { implementer } from "../contract/implementer.ts";
import type { Database } from "../database/database.ts";
import type { Clock } from "../instance/clock.ts";
import { OPERATOR } from "../record/activity.ts";
import type { Vault } from "../secrets/vault.ts";
import { findCompany } from "../work/lookup.ts";
import { findRoutine } from "./lookup.ts";
import { previewSchedule } from "./schedule-preview.ts";
import type { RoutineRow } from "./snapshot.ts";
import {
  createTrigger,
  listTriggers,
  removeTrigger,
  switchTrigger,
  triggerRecordOf,
  updateTrigger,
} from "./triggers.ts";
import { upcomingOf } from "./upcoming.ts";
import { createWebhook } from "./webhooks/create.ts";

const UPCOMING = 10;

export interface TriggerServices {
  readonly database: Database;
  readonly clock: Clock;
  readonly vault: Vault;
  /** What stands before the path of a webhook, such as `http://127.0.0.1:3200`. */
  readonly webhookBase: () => string;
}

/** The calls of the contract's area `triggers`. */
export function triggerProcedures({ database, clock, vault, webhookBase }: TriggerServices) {
  const area = implementer.triggers;
  const { orm } = database;

  const meant = async (input: { company?: string | undefined; routine: string }): Promise<RoutineRow> =>
    findRoutine(orm, (await findCompany(orm, input.company)).id, input.routine);
  const workOn = ({ id: routineId, companyId }: RoutineRow) => ({
    companyId,
    routineId,
    actor: OPERATOR,
    now: clock.now(),
  });
  const switched = async (
    input: { company?: string | undefined; routine: string; trigger: string },
    enabled: boolean,
  ) => {
    const routine = await meant(input);
    const id = await switchTrigger(database, { ...workOn(routine), trigger: input.trigger, enabled });
    return addressed(await triggerRecordOf(orm, routine, id));
  };
  const addressed = (record: TriggerRecord): TriggerRecord => ({
    ...record,
    webhook: record.webhook && { ...record.webhook, address: `${webhookBase()}${record.webhook.address}` },
  });

  return {
    list: area.list.handler(async ({ input }) => ({
      triggers: (await listTriggers(orm, (await meant(input)).id)).map(addressed),
    })),
    create: area.create.handler(async ({ input }) => {
      const routine = await meant(input);
      const { trigger } = input;
      const work = workOn(routine);
      const { id, signingKey } =
        trigger.kind === "webhook"
          ? await createWebhook({ database, clock, vault }, { ...work, trigger })
          : { id: await createTrigger(database, { ...work, trigger }), signingKey: null };
      return { ...addressed(await triggerRecordOf(orm, routine, id)), signingKey };
    }),
    update: area.update.handler(async ({ input }) => {
      const routine = await meant(input);
      const id = await updateTrigger(database, { ...workOn(routine), trigger: input.trigger, changes: input.changes });
      return addressed(await triggerRecordOf(orm, routine, id));
    }),
    enable: area.enable.handler(({ input }) => switched(input, true)),
    disable: area.disable.handler(({ input }) => switched(input, false)),
    remove: area.remove.handler(async ({ input }) => {
      await removeTrigger(database, { ...workOn(await meant(input)), trigger: input.trigger });
      return { removed: true as const };
    }),
    next: area.next.handler(async ({ input }) =>
      upcomingOf(orm, await meant(input), clock.now(), input.count ?? UPCOMING),
    ),
    preview: area.preview.handler(({ input }) =>
      previewSchedule(input.expression, input.zone, clock.now(), input.count ?? UPCOMING),
    ),
  };
}
