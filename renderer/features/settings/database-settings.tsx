import { useQuery } from "@tanstack/react-query";
import type { Status } from "../../../preload/contract/system.ts";
import { Answered } from "../../data/answered.tsx";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { useClient, useConnectionState, useQueries } from "../../data/panel-context.tsx";
import { useAction } from "../../data/use-action.ts";
import { Button } from "../../ui/button.tsx";
import { Facts } from "../../ui/facts.tsx";
import { Mark } from "../../ui/mark.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Section } from "../../ui/page.tsx";
import { ConnectionSettings } from "./connection-settings.tsx";
import { Migrations } from "./migrations.tsx";
import "./settings.css";

/** Whether the database works, what is in it, and where it is. */
export function DatabaseSettings() {
  const query = useQuery(useQueries().system.status.queryOptions());
  return (
    <>
      <Section title="Health">
        <Answered query={query} what="The state of the database cannot be shown">
          {(status) => <Health status={status} />}
        </Answered>
      </Section>
      {query.data?.database.state === "ready" ? <Migrations /> : null}
      <ConnectionSettings />
    </>
  );
}

/** What a message says before it says why, such as "The database does not work" before what the server printed. */
function firstSentence(message: string): string {
  return /^[^:.]+(?=: )/.exec(message)?.[0] ?? message;
}

function Health({ status: { database, problems } }: { readonly status: Status }) {
  const client = useClient();
  const connected = useConnectionState().kind === "open";
  const retry = useAction(() => client.database.retry());
  const gaveUp = database.mode === "embedded" && (database.state === "failed" || database.state === "stopped");
  const own = problems.filter(({ area }) => area === "database");
  const start = (
    <Button isPending={retry.pending} isDisabled={!connected} onPress={() => void retry.run(undefined)}>
      Start the database
    </Button>
  );
  return (
    <>
      {own.map(({ code, message, next }) => (
        <Notice
          key={code}
          tone={code === "database_unavailable" && database.state !== "ready" ? "bad" : "doubtful"}
          title={firstSentence(message)}
          next={next}
          actions={gaveUp && code === "database_unavailable" ? start : null}
        >
          {message.slice(firstSentence(message).length).replace(/^[:.] /, "")}
        </Notice>
      ))}
      {retry.failure === null ? null : <FailureNotice failure={retry.failure} what="The database was not started" />}
      <Facts
        facts={[
          ["State", <Mark key="state" state={database.state} />],
          ["Kind", database.mode === "embedded" ? "PostgreSQL of this instance" : "a PostgreSQL server of yours"],
          ["Server", database.version === null ? "not known" : `PostgreSQL ${database.version}`],
          [
            "Schema",
            database.schema === null ? (
              "not known"
            ) : (
              <span key="schema" className="tabular">
                {database.schema}
              </span>
            ),
          ],
          [
            "Pending migrations",
            <span key="pending" className="tabular">
              {database.pending}
            </span>,
          ],
        ]}
      />
    </>
  );
}
