import type { Refusal } from "./contract/refusal.ts";

/** What is opened and closed as a whole, while the process around it goes on. */
export interface Openable {
  /** Stops everything that it started. Safe to call twice. */
  close(): Promise<void>;
}

/** One thing that is open at a time, and can be closed and opened again while others wait for it. */
export interface Turning<Thing extends Openable, How> {
  /** What is open; waits while it is being changed, and refuses where it was closed with a reason. */
  current(): Promise<Thing>;
  /** What is open at this moment, or null. */
  now(): Thing | null;
  /** Why it is closed, where it was closed with a reason or could not be opened; else null. */
  whyClosed(): unknown;
  /** Opens it, after closing what is open. Where that fails, it is closed, and refused with what happened. */
  open(how: How): Promise<Thing>;
  /** Closes it. Whoever asks for it meanwhile waits for the next opening, or is refused where there is a reason. */
  close(why?: Refusal): Promise<void>;
}

type State<Thing> =
  | { readonly kind: "open"; readonly thing: Thing }
  | { readonly kind: "waiting" }
  | { readonly kind: "closed"; readonly why: unknown };

export function turning<Thing extends Openable, How>(make: (how: How) => Promise<Thing>): Turning<Thing, How> {
  let state: State<Thing> = { kind: "waiting" };
  let tellNext: () => void = () => undefined;
  let next = new Promise<void>((resolve) => (tellNext = resolve));
  const enter = (entered: State<Thing>) => {
    state = entered;
    tellNext();
    next = new Promise<void>((resolve) => (tellNext = resolve));
  };
  async function close(why?: Refusal): Promise<void> {
    const before = state;
    enter(why === undefined ? { kind: "waiting" } : { kind: "closed", why });
    if (before.kind === "open") await before.thing.close();
  }
  return {
    current: async () => {
      for (;;) {
        if (state.kind === "open") return state.thing;
        if (state.kind === "closed") throw state.why;
        await next;
      }
    },
    now: () => (state.kind === "open" ? state.thing : null),
    whyClosed: () => (state.kind === "closed" ? state.why : null),
    open: async (how) => {
      try {
        await close();
        const thing = await make(how);
        enter({ kind: "open", thing });
        return thing;
      } catch (error) {
        enter({ kind: "closed", why: error });
        throw error;
      }
    },
    close,
  };
}
