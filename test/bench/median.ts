/** The middle of some figures. */
export function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Runs each of the works in turn, several times over, so that a slow moment hits all of them. Medians of what they answer. */
export async function interleaved(repetitions: number, works: readonly (() => Promise<number>)[]): Promise<number[]> {
  const figures = works.map((): number[] => []);
  for (let repetition = 0; repetition < repetitions; repetition += 1) {
    for (const [index, work] of works.entries()) figures[index]?.push(await work());
  }
  return figures.map(median);
}
