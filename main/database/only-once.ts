/** The work is done at the first call; later calls get the same outcome. */
export function onlyOnce(work: () => Promise<void>): () => Promise<void> {
  let outcome: Promise<void> | undefined;
  return () => (outcome ??= work());
}
