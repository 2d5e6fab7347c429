import type { ContractClient } from "../../control-plane-port.ts";
import type { Clock } from "../../instance/clock.ts";
import { lookAfterChanges } from "./look-after-changes.ts";
import { FOLLOWING_ITEMS, type FollowingItem } from "./menu.ts";

/** Whether each of the items can be used. */
export type MenuState = Readonly<Record<FollowingItem, boolean>>;

const NONE: MenuState = { take: false, everything: false, restore: false, undo: false, verify: false };

/** Tells what of the menu can be used, now and after each change, until `signal` aborts. */
export async function followMenuState(
  client: Pick<ContractClient, "system" | "restore">,
  clock: Clock,
  signal: AbortSignal,
  tell: (state: MenuState) => void,
): Promise<void> {
  await lookAfterChanges(client, { clock, signal, topics: ["status"] }, async () => {
    const state = await menuState(client).catch(() => NONE);
    if (!signal.aborted) tell(state);
  });
}

async function menuState(client: Pick<ContractClient, "system" | "restore">): Promise<MenuState> {
  const { work, kept } = await client.restore.state();
  // Only one thing is done at a time, and while a restore swaps databases the instance does not answer.
  if (work !== null) return NONE;
  const { database, backups } = await client.system.status();
  const ready = database.state === "ready";
  // A backup to restore may also come from elsewhere, so that none in the folder is needed for it.
  return { take: ready, everything: ready, restore: true, undo: kept.length > 0, verify: backups.count > 0 };
}

/** The part of a native menu that is needed here. */
interface MenuItems {
  getMenuItemById(id: string): { enabled: boolean } | null;
}

export function showMenuState(menu: MenuItems, state: MenuState): void {
  for (const id of FOLLOWING_ITEMS) {
    const item = menu.getMenuItemById(id);
    if (item !== null) item.enabled = state[id];
  }
}
