export type Tone = "good" | "busy" | "quiet" | "bad";

interface StateDotProps {
  readonly tone: Tone;
  readonly label: string;
  readonly state: string;
}

/** A state as a shape and words; the colour only repeats them. */
export function StateDot({ tone, label, state }: StateDotProps) {
  return (
    <span className="state-dot">
      <span className={`mark ${tone}`} aria-hidden="true">
        {MARKS[tone]}
      </span>
      {label} <span className="word">{state}</span>
    </span>
  );
}

const MARKS: Readonly<Record<Tone, string>> = { good: "●", busy: "◌", quiet: "○", bad: "✕" };
