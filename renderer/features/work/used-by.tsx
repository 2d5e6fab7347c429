import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { RoutineRecord } from "../../../preload/contract/routines.ts";
import { Answered } from "../../data/answered.tsx";
import { useCompany } from "../../data/company.tsx";
import { useQueries } from "../../data/panel-context.tsx";
import { Mark } from "../../ui/mark.tsx";
import type { State } from "../../ui/mark.tsx";
import { Section } from "../../ui/page.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { Time } from "../../ui/time.tsx";
import "./used-by.css";

/** Routines that are asked for; the list has no filter by agent. */
const LOOKED_AT = 500;
const SHOWN = 20;

/** The routines that are given to an agent. */
export function AgentRoutines({ agentId }: { readonly agentId: string }) {
  const company = useCompany();
  const routines = useQuery(
    useQueries().routines.list.queryOptions({ input: { company: company.id, sort: "updated", limit: LOOKED_AT } }),
  );
  return (
    <Section title="Routines of this agent">
      <Answered query={routines} what="The routines cannot be shown" loading={<SkeletonRows rows={3} />}>
        {(answer) => (
          <RoutineLines
            routines={answer.routines.filter((routine) => routine.agentId === agentId)}
            isPart={answer.nextCursor !== null}
            none="No routine is given to this agent yet. Choose it as the agent of a routine."
          />
        )}
      </Answered>
    </Section>
  );
}

/** The routines of a project. */
export function ProjectRoutines({ projectId }: { readonly projectId: string }) {
  const company = useCompany();
  const routines = useQuery(
    useQueries().routines.list.queryOptions({
      input: { company: company.id, project: projectId, sort: "updated", limit: LOOKED_AT },
    }),
  );
  return (
    <Section title="Routines of this project">
      <Answered query={routines} what="The routines cannot be shown" loading={<SkeletonRows rows={3} />}>
        {(answer) => (
          <RoutineLines
            routines={answer.routines}
            isPart={answer.nextCursor !== null}
            none="No routine belongs to this project yet. Choose it as the project of a routine."
          />
        )}
      </Answered>
    </Section>
  );
}

interface RoutineLinesProps {
  readonly routines: readonly RoutineRecord[];
  /** There may be more than were looked at. */
  readonly isPart: boolean;
  readonly none: string;
}

function RoutineLines({ routines, isPart, none }: RoutineLinesProps) {
  const rest = routines.length - SHOWN;
  return (
    <>
      {routines.length === 0 && !isPart ? (
        <p className="quiet">{none}</p>
      ) : (
        <ul>
          {routines.slice(0, SHOWN).map((routine) => (
            <li key={routine.id} className="used-by-one">
              <Mark state={stateOf(routine)} />
              <Link to="/routines/$routineId" params={{ routineId: routine.id }} className="truncate" dir="auto">
                {routine.title}
              </Link>
              <span className="quiet">
                {routine.lastRunAt === null ? (
                  "never ran"
                ) : (
                  <>
                    ran <Time instant={routine.lastRunAt} />
                  </>
                )}
              </span>
            </li>
          ))}
        </ul>
      )}
      {rest > 0 || isPart ? (
        <p className="quiet">
          {rest > 0 ? `And ${rest} more. ` : null}
          {isPart ? `These are of the ${LOOKED_AT} routines that were changed last. ` : null}
          <Link to="/routines">Show all routines</Link>
        </p>
      ) : null}
    </>
  );
}

/** A routine without an agent cannot run, whatever its switch says. */
function stateOf({ status, agentId }: RoutineRecord): State {
  return agentId === null && status !== "archived" ? "draft" : status;
}
