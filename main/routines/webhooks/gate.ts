/** Lets so many pieces of work go on at once and so many wait for their turn; whoever comes beyond these is turned away. */
export interface Gate {
  /** Does the work when its turn comes, or answers null where too many wait already. */
  pass<Answer>(work: () => Promise<Answer>): Promise<Answer | null>;
}

export function createGate(atOnce: number, waiting: number): Gate {
  const queue: (() => void)[] = [];
  let busy = 0;
  return {
    pass: async (work) => {
      if (busy >= atOnce) {
        if (queue.length >= waiting) return null;
        // Whoever leaves hands its place over, so that nobody slips in between.
        await new Promise<void>((resolve) => queue.push(resolve));
      } else busy += 1;
      try {
        return await work();
      } finally {
        const next = queue.shift();
        if (next) next();
        else busy -= 1;
      }
    },
  };
}
