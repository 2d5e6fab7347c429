/**
 * What a subscription delivers, as a stream that ends when `signal` aborts or its reader leaves. What comes while the reader
 * is busy waits in order.
 */
export async function* streamOf<Event>(
  subscribe: (listener: (event: Event) => void) => () => void,
  signal: AbortSignal | undefined,
): AsyncGenerator<Event, void, undefined> {
  const waiting: Event[] = [];
  let wake: () => void = () => undefined;
  const unsubscribe = subscribe((event) => {
    waiting.push(event);
    wake();
  });
  const onAbort = () => wake();
  signal?.addEventListener("abort", onAbort);
  try {
    while (!signal?.aborted) {
      const event = waiting.shift();
      if (event !== undefined) yield event;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    signal?.removeEventListener("abort", onAbort);
    unsubscribe();
  }
}
