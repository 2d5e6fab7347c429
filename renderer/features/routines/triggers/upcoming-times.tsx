import { TriangleAlert } from "lucide-react";
import { Time } from "../../../ui/time.tsx";
import { hereText, zonedText } from "../../../ui/time-text.ts";
import "./upcoming-times.css";

export interface UpcomingTimesProps {
  /** What they are of, for those who hear the page. */
  readonly label: string;
  readonly times: readonly {
    readonly at: string;
    readonly zone: string;
    /** What a change of the clock does to it; null on other days. */
    readonly note: string | null;
    /** What starts it, where the times are of several. */
    readonly name?: string | undefined;
  }[];
}

/** The next times, each in its zone and on this machine's clock where that differs. Days on which a clock changes say what that does. */
export function UpcomingTimes({ label, times }: UpcomingTimesProps) {
  return (
    <ol className="upcoming-times" aria-label={label}>
      {times.map(({ at, zone, note, name }, index) => {
        const here = hereText(at, zone);
        return (
          <li key={`${at} ${name ?? ""} ${String(index)}`} className="upcoming-times-row">
            <span className="tabular upcoming-times-at">{zonedText(at, zone)}</span>
            <span className="quiet small upcoming-times-words">
              {[...(name === undefined ? [] : [name]), ...(here === null ? [] : [`${here} here`])].join(" · ")}
            </span>
            <span className="quiet upcoming-times-in">
              <Time instant={at} zone={zone} />
            </span>
            {note === null ? null : (
              <span className="small upcoming-times-note">
                <TriangleAlert aria-hidden="true" />
                <span>The clock changes: {note}</span>
              </span>
            )}
          </li>
        );
      })}
    </ol>
  );
}
