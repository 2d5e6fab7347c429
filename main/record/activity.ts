import { randomUUID } from "node:crypto";
import type { Actor } from "../../preload/contract/common.ts";
import type { Executor } from "../database/database.ts";
import { activityLog, type Json } from "../database/schema/work.ts";

/** The operator of this machine; there is one. */
export const OPERATOR: Actor = { type: "user", id: "local-operator" };

export interface ActivityInput {
  readonly companyId: string;
  readonly actor: Actor;
  /** Such as `routine.created`. */
  readonly action: string;
  readonly entityType: string;
  readonly entityId: string;
  /** Names, ids, numbers and counts. Never a value. */
  readonly details?: { [key: string]: Json };
}

/** Appends to the activity log, in the transaction of what it records. */
export async function recordActivity(executor: Executor, input: ActivityInput): Promise<void> {
  await executor.insert(activityLog).values({
    id: randomUUID(),
    companyId: input.companyId,
    actorType: input.actor.type,
    actorId: input.actor.id,
    action: input.action,
    entityType: input.entityType,
    entityId: input.entityId,
    details: input.details ?? {},
  });
}
