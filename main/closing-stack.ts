/** What was opened, so that it can be closed. */
export interface ClosingStack {
  add(close: () => Promise<void>): void;
  /** Closes everything in the reverse order. One that fails does not keep the others open; the first failure is thrown. */
  closeAll(): Promise<void>;
}

export function closingStack(): ClosingStack {
  const stack: (() => Promise<void>)[] = [];
  return {
    add: (close) => void stack.push(close),
    closeAll: async () => {
      const failures: unknown[] = [];
      for (let close = stack.pop(); close; close = stack.pop()) {
        await close().catch((error: unknown) => failures.push(error));
      }
      if (failures.length > 0) throw failures[0];
    },
  };
}
