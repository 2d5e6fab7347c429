/** Those who want to hear when something of this process changed that no database announces. */
export interface Listeners {
  tell(): void;
  /** Hears of every change until the answer is called. */
  subscribe(listener: () => void): () => void;
}

export function createListeners(): Listeners {
  const listeners = new Set<() => void>();
  return {
    tell: () => listeners.forEach((listener) => listener()),
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
