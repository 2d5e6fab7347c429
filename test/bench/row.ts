/** One figure: what was measured, against what in the same run, and what it should reach. */
export interface BenchRow {
  readonly what: string;
  readonly against: string;
  readonly ratio: string;
  readonly goal: string;
}
