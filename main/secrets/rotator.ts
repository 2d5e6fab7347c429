import type { Actor } from "../../preload/contract/common.ts";
import { errorText } from "../contract/refusal.ts";
import { type Rewrapped, rewrapVersions } from "./rewrap.ts";
import { type Rotated, type RotationServices, rotateMasterKey, rotationRunning } from "./rotation.ts";

export interface RotatorServices extends Omit<RotationServices, "actor"> {
  readonly log: { warn(facts: object, message: string): void };
}

/** Rotates the master key of this instance, one rotation at a time, and wraps anew what one that was cut off left. */
export interface Rotator {
  /** The whole rotation. Cut short by `stop`, it answers with what is done; the rest is done at the next start. */
  rotate(actor: Actor): Promise<Rotated & Rewrapped>;
  /** Wraps anew in the background what still names a retired key. */
  resume(): void;
  /** How many versions the work under way has wrapped anew, or null while there is none. */
  progress(): number | null;
  stop(): Promise<void>;
}

export function createRotator(services: RotatorServices): Rotator {
  const stopping = new AbortController();
  const underWay = new Set<Promise<unknown>>();
  let rotating = false;
  let done = 0;

  async function rewrap(): Promise<Rewrapped> {
    done = 0;
    const work = rewrapVersions(services, stopping.signal, (count) => (done = count));
    underWay.add(work);
    return work.finally(() => underWay.delete(work));
  }

  return {
    rotate: async (actor) => {
      if (rotating || stopping.signal.aborted) throw rotationRunning();
      rotating = true;
      try {
        const rotated = await rotateMasterKey({ ...services, actor });
        return { ...rotated, ...(await rewrap()) };
      } finally {
        rotating = false;
      }
    },
    resume: () => {
      if (services.vault.state() !== "ready") return;
      rewrap().catch((error: unknown) => {
        const cause = errorText(error);
        services.log.warn(
          { cause },
          "versions under a retired master key were not all wrapped anew; the next start goes on",
        );
      });
    },
    progress: () => (rotating || underWay.size > 0 ? done : null),
    stop: async () => {
      stopping.abort();
      await Promise.allSettled(underWay);
    },
  };
}
