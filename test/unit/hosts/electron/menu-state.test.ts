import { expect, test } from "vitest";
import { followMenuState, showMenuState, type MenuState } from "../../../../main/hosts/electron/menu-state.ts";
import { FOLLOWING_ITEMS, menuTemplate } from "../../../../main/hosts/electron/menu.ts";
import type { Clock } from "../../../../main/instance/clock.ts";
import { streamOf } from "../../../../main/stream.ts";

const none: MenuState = { take: false, everything: false, restore: false, undo: false, verify: false };

/** An instance that can be changed; each change is announced, and looked at in the next second. */
function instance() {
  const state = { restoring: false, kept: 0, database: "ready", backups: 0, away: false };
  const listeners = new Set<(change: { topic: string }) => void>();
  const timers: (() => void)[] = [];
  const clock: Clock = {
    now: () => new Date(0),
    monotonicMs: () => 0,
    after: (_delay, work) => {
      timers.push(work);
      return () => undefined;
    },
  };
  const client = {
    restore: {
      state: async () => ({
        work: state.restoring ? {} : null,
        kept: Array.from({ length: state.kept }, () => ({})),
        hold: null,
      }),
    },
    system: {
      status: async () => {
        if (state.away) throw new Error("the instance is away");
        return { database: { state: state.database }, backups: { count: state.backups } };
      },
      changes: async (_input: undefined, { signal }: { signal: AbortSignal }) =>
        streamOf((listener: (change: { topic: string }) => void) => {
          listeners.add(listener);
          return () => listeners.delete(listener);
        }, signal),
    },
  };
  const change = async (changed: Partial<typeof state>) => {
    Object.assign(state, changed);
    const before = timers.length;
    for (const listener of listeners) listener({ topic: "status" });
    await expect.poll(() => timers.length).toBe(before + 1);
    timers.at(-1)?.();
  };
  return { client: client as never, clock, change };
}

test("an item of the menu can be used while what it asks for can be done", async () => {
  const { client, clock, change } = instance();
  const leave = new AbortController();
  const told: MenuState[] = [];
  const over = followMenuState(client, clock, leave.signal, (state) => told.push(state));
  const empty = { ...none, take: true, everything: true, restore: true };
  await expect.poll(() => told).toEqual([empty]);
  const cases = [
    [{ backups: 1 }, { ...empty, verify: true }],
    [{ kept: 1 }, { ...empty, verify: true, undo: true }],
    [{ restoring: true }, none],
    [
      { restoring: false, database: "failed" },
      { ...none, restore: true, verify: true, undo: true },
    ],
    [{ away: true }, none],
  ] as const;
  for (const [changed, state] of cases) {
    const before = told.length;
    await change(changed);
    await expect.poll(() => told.length).toBe(before + 1);
    expect(told.at(-1)).toEqual(state);
  }
  leave.abort();
  await over;
});

test("the menu begins with these items disabled, and shows each as it is told", () => {
  const actions = { go: () => undefined, openPalette: () => undefined, openDataFolder: () => undefined };
  const file = menuTemplate({ platform: "linux", isPackaged: true, version: "1.2.3" }, actions)[0]?.submenu;
  const items = Array.isArray(file) ? file : [];
  const found = FOLLOWING_ITEMS.map((id) => items.find((item) => item.id === id));
  expect(found.map((item) => item?.enabled)).toEqual([false, false, false, false, false]);
  const built = new Map(FOLLOWING_ITEMS.map((id) => [id as string, { enabled: false }]));
  showMenuState({ getMenuItemById: (id) => built.get(id) ?? null }, { ...none, take: true, verify: true });
  expect([...built].filter(([, { enabled }]) => enabled).map(([id]) => id)).toEqual(["take", "verify"]);
});
