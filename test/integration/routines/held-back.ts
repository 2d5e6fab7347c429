import { createSecret } from "../../../main/secrets/store.ts";
import { eventually } from "../../fixtures/conditions.ts";
import type { WorkWorld } from "../../fixtures/work-world.ts";

/** A transaction that stops in its middle until somebody else waits for what it holds. */
export function heldBack({ database }: WorkWorld) {
  let tellHeld: () => void = () => undefined;
  const isHeld = new Promise<void>((resolve) => (tellHeld = resolve));
  let letGo: () => void = () => undefined;
  const released = new Promise<void>((resolve) => (letGo = resolve));
  return {
    isHeld,
    held: (): Promise<void> => {
      tellHeld();
      return released;
    },
    letGoWhenWaitedFor: async (): Promise<void> => {
      const waiting = "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
      await eventually(async () => ((await database.pool.query(waiting)).rowCount ?? 0) > 0);
      letGo();
    },
  };
}

/** Somebody who is making a secret with this key. */
export async function takingName(world: WorkWorld, companyId: string, key: string) {
  const other = heldBack(world);
  const taking = world.database.orm.transaction(async (tx) => {
    await createSecret({ ...world.services, executor: tx }, { companyId, key, value: `hush-${key}` });
    await other.held();
  });
  await other.isHeld;
  return {
    commitWhenWaitedFor: async (): Promise<void> => {
      await other.letGoWhenWaitedFor();
      await taking;
    },
  };
}
