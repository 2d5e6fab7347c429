import type { RoutineRecord } from "../../../preload/contract/routines.ts";
import { Facts } from "../../ui/facts.tsx";
import { Form } from "../../ui/field.tsx";
import { isState, Mark } from "../../ui/mark.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Section, Stack } from "../../ui/page.tsx";
import { Time } from "../../ui/time.tsx";
import { PolicyFields } from "./policy-fields.tsx";
import { RoutineFields } from "./routine-fields.tsx";
import type { FieldsProps } from "./routine-fields.tsx";
import { VariablesFields } from "./variables-fields.tsx";
import "./routine-overview.css";

/** What the routine is, all but its env. */
export function RoutineOverview({
  routine,
  errors,
  ...fields
}: FieldsProps & { readonly routine: RoutineRecord; readonly errors: Readonly<Record<string, string>> }) {
  const { lastRunAt, lastRunStatus } = routine;
  return (
    <Stack>
      {routine.status === "archived" ? (
        <Notice
          title="This routine is archived: it does not run and cannot be edited"
          next="Resume it to use it again. Its history and runs are kept."
        />
      ) : null}
      {routine.agentId === null && routine.status !== "archived" ? (
        <Notice
          tone="doubtful"
          title="A draft: no agent is chosen yet"
          next="Choose an agent below, save, and resume the routine."
        />
      ) : null}
      <Form validationErrors={errors} onSubmit={(event) => event.preventDefault()}>
        <Stack>
          <Section title="What and who">
            <RoutineFields {...fields} />
          </Section>
          <VariablesFields {...fields} />
          <PolicyFields {...fields} />
        </Stack>
      </Form>
      <Section title="Facts">
        <Facts
          facts={[
            ["Revision", routine.latestRevisionNumber],
            [
              "Last run",
              lastRunAt === null ? (
                "never"
              ) : (
                <span key="last" className="routine-overview-last">
                  {lastRunStatus !== null && isState(lastRunStatus) ? <Mark state={lastRunStatus} /> : lastRunStatus}{" "}
                  <Time instant={lastRunAt} exactly />
                </span>
              ),
            ],
            ["Created", <Time key="created" instant={routine.createdAt} exactly />],
            ["Updated", <Time key="updated" instant={routine.updatedAt} exactly />],
            ["Id", <code key="id">{routine.id}</code>],
          ]}
        />
      </Section>
    </Stack>
  );
}
