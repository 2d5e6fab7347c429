import "./diff-lines.css";

export interface DiffLine {
  readonly op: "same" | "added" | "removed";
  readonly text: string;
}

const SIGNS = { same: " ", added: "+", removed: "−" } as const;
const WORDS = { same: "", added: "added: ", removed: "removed: " } as const;

/** A line diff, each line with its sign and, for those who hear the page, its word. */
export function DiffLines({ lines, label }: { readonly lines: readonly DiffLine[]; readonly label: string }) {
  return (
    <div className="diff-lines" role="group" aria-label={label} tabIndex={0}>
      {lines.map(({ op, text }, index) => (
        // Lines have no identity beside their place.
        // oxlint-disable-next-line react/no-array-index-key
        <div key={index} className={`diff-lines-line diff-lines-${op}`} dir="auto">
          <span aria-hidden="true">{SIGNS[op]}</span>
          <span>
            <span className="unseen">{WORDS[op]}</span>
            {text === "" ? " " : text}
          </span>
        </div>
      ))}
    </div>
  );
}
