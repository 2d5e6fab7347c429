import { useQuery } from "@tanstack/react-query";
import { Answered } from "../../data/answered.tsx";
import { useQueries } from "../../data/panel-context.tsx";
import { Facts } from "../../ui/facts.tsx";
import { Mark } from "../../ui/mark.tsx";
import { Section } from "../../ui/page.tsx";
import "./settings.css";

/** Whether anything starts by itself, and why not. */
export function SchedulerSettings() {
  const query = useQuery(useQueries().system.status.queryOptions());
  return (
    <Section title="Health">
      <Answered query={query} what="The state of the scheduler cannot be shown">
        {({ scheduler, runs }) => (
          <Facts
            facts={[
              ["State", <Mark key="state" state={scheduler.state} />],
              ["Why", scheduler.reason],
              [
                "Last slot",
                scheduler.latenessMs === null
                  ? null
                  : `looked at ${Math.round(scheduler.latenessMs)} ms after its time`,
              ],
              ["Running now", runs === null ? "not known while the database does not answer" : runs.running],
              ["In line", runs === null ? null : runs.queued],
            ]}
          />
        )}
      </Answered>
    </Section>
  );
}
