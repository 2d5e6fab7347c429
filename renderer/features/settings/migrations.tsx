import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Answered } from "../../data/answered.tsx";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { useClient, useQueries } from "../../data/panel-context.tsx";
import { useReadOnly } from "../../data/status.ts";
import { useAction } from "../../data/use-action.ts";
import { Button } from "../../ui/button.tsx";
import { Mark } from "../../ui/mark.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Section } from "../../ui/page.tsx";
import { Time } from "../../ui/time.tsx";
import { say } from "../../ui/toast.tsx";
import "./settings.css";

/** The steps that brought the schema to where it is, and those that wait. */
export function Migrations() {
  const queries = useQueries();
  const cache = useQueryClient();
  const client = useClient();
  const readOnly = useReadOnly();
  const query = useQuery(queries.database.status.queryOptions());
  const migrate = useAction(async () => {
    const { applied } = await client.database.migrate();
    await Promise.all(
      [queries.database.key(), queries.system.key()].map((queryKey) => cache.invalidateQueries({ queryKey })),
    );
    return applied.length;
  });
  const apply = async () => {
    const count = await migrate.run(undefined);
    if (count !== null) say(count === 1 ? "1 migration is applied." : `${count} migrations are applied.`);
  };
  return (
    <Section title="Migrations">
      <Answered query={query} what="The migrations cannot be shown">
        {({ migrations, pending }) => (
          <>
            {pending === 0 ? null : (
              <Notice
                tone="doubtful"
                title={pending === 1 ? "1 migration is pending" : `${pending} migrations are pending`}
                next="They bring the schema to what this version needs."
                actions={
                  <Button isPending={migrate.pending} isDisabled={readOnly !== null} onPress={() => void apply()}>
                    Apply migrations
                  </Button>
                }
              />
            )}
            {migrate.failure === null ? null : (
              <FailureNotice failure={migrate.failure} what="The migrations were not applied" />
            )}
            <ul className="settings-list">
              {migrations.map(({ number, name, appliedAt }) => (
                <li key={number} className="settings-migration">
                  <code>
                    {String(number).padStart(4, "0")} {name}
                  </code>
                  {appliedAt === null ? (
                    <Mark state="queued">pending</Mark>
                  ) : (
                    <span className="quiet">
                      applied <Time instant={appliedAt} exactly />
                    </span>
                  )}
                </li>
              ))}
            </ul>
          </>
        )}
      </Answered>
    </Section>
  );
}
