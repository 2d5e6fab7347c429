/** The steps of the first run, in their order. */
export const STEPS = ["company", "agent", "routine", "run"] as const;
export type Step = (typeof STEPS)[number];

export interface Progress {
  readonly companies: number;
  readonly agents: number;
  readonly routines: number;
}

/** The first step that is still to be done. What is there already, made here or on the command line, is not asked for again. */
export function nextStep({ companies, agents, routines }: Progress): Step {
  if (companies === 0) return "company";
  if (agents === 0) return "agent";
  return routines === 0 ? "routine" : "run";
}

/** A prefix for issue keys out of a company's name: `Acme Labs` → `ACME`. Empty where the name has no Latin letter. */
export function prefixOf(name: string): string {
  const letters = name
    .normalize("NFKD")
    .toUpperCase()
    .replace(/[^A-Z0-9]/g, "")
    .replace(/^[0-9]+/, "");
  return letters.length < 2 ? "" : letters.slice(0, 4);
}
