import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Answered } from "../../data/answered.tsx";
import { useCompany } from "../../data/company.tsx";
import { useQueries } from "../../data/panel-context.tsx";
import { Mark } from "../../ui/mark.tsx";
import { Section } from "../../ui/page.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { Time } from "../../ui/time.tsx";
import "./latest-runs.css";

const SHOWN = 8;

/** The last few runs; the whole history has a screen of its own. */
export function LatestRuns() {
  const company = useCompany();
  const runs = useQuery(useQueries().runs.list.queryOptions({ input: { company: company.id, limit: SHOWN } }));
  return (
    <Section title="Latest runs" actions={<Link to="/runs">All runs</Link>}>
      <Answered query={runs} what="The latest runs cannot be shown" loading={<SkeletonRows rows={SHOWN} />}>
        {(answer) =>
          answer.runs.length === 0 ? (
            <p className="quiet">Nothing has run yet. Open a routine and run it.</p>
          ) : (
            <ul>
              {answer.runs.map((run) => (
                <li key={run.id} className="latest-runs-item">
                  <Mark state={run.status} />
                  <Link to="/runs/$runId" params={{ runId: run.id }} className="latest-runs-title truncate" dir="auto">
                    {run.title}
                  </Link>
                  <span className="latest-runs-why truncate quiet" dir="auto">
                    {run.failure?.message ?? ""}
                  </span>
                  <span className="latest-runs-time quiet">
                    <Time instant={run.completedAt ?? run.startedAt ?? run.triggeredAt} />
                  </span>
                </li>
              ))}
            </ul>
          )
        }
      </Answered>
    </Section>
  );
}
