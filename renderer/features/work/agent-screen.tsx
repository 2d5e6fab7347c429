import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useCallback, useMemo, useState } from "react";
import type { ReactNode } from "react";
import type { Env } from "../../../preload/contract/environment.ts";
import type { AgentRecord } from "../../../preload/contract/work.ts";
import { useCompany } from "../../data/company.tsx";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { failureOf } from "../../data/failure.ts";
import { useClient, useQueries } from "../../data/panel-context.tsx";
import { useReadOnly } from "../../data/status.ts";
import { UnsavedGuard } from "../../data/unsaved-guard.tsx";
import { useAction } from "../../data/use-action.ts";
import { Select } from "../../ui/field.tsx";
import { Mark } from "../../ui/mark.tsx";
import { Notice } from "../../ui/notice.tsx";
import { NextStep } from "../../ui/next-step.tsx";
import { Page, Section, Stack } from "../../ui/page.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { say } from "../../ui/toast.tsx";
import { envInputOf } from "../environment/env-rows.ts";
import { ActivityList } from "../record/activity-list.tsx";
import { AdapterPlace } from "./adapter-choice.tsx";
import { agentFields, changedParts, fieldLabel, fieldMessages, inOrderOfUse, readAgent } from "./agent-form.ts";
import type { Adapter, AgentInput } from "./agent-form.ts";
import { AgentSections } from "./agent-sections.tsx";
import { AgentStatusButton } from "./agent-status-button.tsx";
import { AgentTestSection } from "./agent-test.tsx";
import { ChangedElsewhere } from "./changed-elsewhere.tsx";
import { envOfFields, field, withEnv } from "./fields.ts";
import type { Fields } from "./fields.ts";
import { RecordBar } from "./record-bar.tsx";
import { RecordFailed } from "./record-failed.tsx";
import { AgentRoutines } from "./used-by.tsx";
import { useEnvLines } from "./use-env-lines.ts";
import { useFocusOnRefused } from "./use-focus-on-refused.ts";
import { UNDECIDED, UNSAVED, useRecordForm } from "./use-record-form.ts";
import type { RecordForm, Stored } from "./use-record-form.ts";
import { WideForm } from "./wide-form.tsx";

/** One agent: what it starts, whether that works, and who uses it. */
export function AgentScreen() {
  const { agentId } = useParams({ from: "/agents/$agentId" });
  const company = useCompany();
  const queries = useQueries();
  const agent = useQuery(queries.agents.get.queryOptions({ input: { company: company.id, agent: agentId } }));
  const adapters = useQuery(queries.agents.adapters.queryOptions());
  // What was there before stays on screen, with what was typed in it, whatever a later answer says.
  const error = agent.error ?? adapters.error;
  const retry = () => {
    if (agent.error !== null) void agent.refetch();
    if (adapters.error !== null) void adapters.refetch();
  };
  if (agent.data !== undefined && adapters.data !== undefined) {
    return (
      <AgentPage key={agent.data.id} agent={agent.data} adapters={adapters.data.adapters}>
        {error === null ? null : (
          <FailureNotice what="The agent cannot be shown as it is now" failure={failureOf(error)} onRetry={retry} />
        )}
      </AgentPage>
    );
  }
  return (
    <Page title={agent.data?.name ?? "Agent"} up={<Link to="/agents">Agents</Link>}>
      {error === null ? (
        <SkeletonRows rows={8} label="Loading the agent" />
      ) : (
        <RecordFailed what="agent" failure={failureOf(error)} onRetry={retry} />
      )}
    </Page>
  );
}

interface AgentPageProps {
  readonly agent: AgentRecord;
  readonly adapters: readonly Adapter[];
  readonly children: ReactNode;
}

function AgentPage({ agent, adapters, children }: AgentPageProps) {
  const stored: Stored = useMemo(
    () => ({ fields: agentFields(agent, adapters), updatedAt: agent.updatedAt }),
    [agent, adapters],
  );
  const form = useRecordForm(stored);
  const adapter = adapters.find(({ id }) => id === agent.adapter);
  return (
    <Page
      title={agent.name}
      up={<Link to="/agents">Agents</Link>}
      facts={
        <>
          <Mark state={agent.status} />
          <span>{adapter?.label ?? agent.adapter}</span>
        </>
      }
      actions={<AgentStatusButton agent={agent} />}
    >
      <Stack>
        {children}
        {agent.status === "paused" ? (
          <Notice title="This agent is paused." next="Runs of its routines are refused until it is resumed." />
        ) : null}
        <AgentTestSection
          agent={agent}
          kind={adapter?.kind ?? "process"}
          unsaved={changedParts(form.base, form.fields).names.length > 0}
        />
        <AgentForm key={form.round} agent={agent} adapters={adapters} form={form} />
        <AgentRoutines agentId={agent.id} />
        <Section title="Activity">
          <ActivityList entity={{ type: "agent", id: agent.id }} />
        </Section>
      </Stack>
    </Page>
  );
}

interface AgentFormProps {
  readonly agent: AgentRecord;
  readonly adapters: readonly Adapter[];
  readonly form: RecordForm;
}

interface Saving {
  readonly sent: Fields;
  readonly input: AgentInput;
}

function AgentForm({ agent, adapters, form }: AgentFormProps) {
  const client = useClient();
  const readOnly = useReadOnly();
  const { fields, replace } = form;
  const env = useEnvLines(
    useMemo(() => envOfFields(fields), [fields]),
    useCallback((next: Env) => replace((now) => withEnv(now, next)), [replace]),
  );
  const [pressed, setPressed] = useState(false);
  const adapter = adapters.find(({ id }) => id === field(fields, "adapter"));
  const changed = changedParts(form.base, fields);
  const isOpen = changed.names.length > 0 || env.problems.size > 0;
  const read = useMemo(() => readAgent(fields, adapter), [fields, adapter]);
  const save = useAction(({ input }: Saving) =>
    client.agents.update({
      company: agent.companyId,
      agent: agent.id,
      ...(changed.name ? { name: input.name } : {}),
      ...(changed.adapter ? { adapter: input.adapter } : {}),
      ...(changed.config ? { config: input.config } : {}),
      ...(changed.passThrough ? { passThrough: input.passThrough } : {}),
      ...(changed.env ? { env: envInputOf(env.rows) } : {}),
    }),
  );
  const refused = useMemo(() => fieldMessages(save.fieldErrors), [save.fieldErrors]);
  const errors = pressed && !read.ok ? read.errors : refused;
  const [container, focusOnRefused] = useFocusOnRefused();
  const undecided = form.conflicts.length > 0 ? UNDECIDED : null;
  const blocked = env.problems.size > 0 ? "Lines of the environment are not complete." : undecided;
  const submit = async () => {
    setPressed(true);
    if (!isOpen) return;
    if (!read.ok || blocked !== null) return focusOnRefused();
    const saved = await save.run({ sent: fields, input: read.input });
    if (saved === null) return focusOnRefused();
    form.saved(fields, { fields: agentFields(saved, adapters), updatedAt: saved.updatedAt });
    setPressed(false);
    say(`Agent ${saved.name} is saved.`);
  };
  return (
    <WideForm label="Agent" errors={errors} container={container} onSubmit={() => void submit()}>
      <UnsavedGuard
        dirty={isOpen}
        name={agent.name}
        what="Changes of this agent are not saved. They are lost when this page is left."
      />
      <ChangedElsewhere what="agent" form={form} />
      <AgentSections
        fields={fields}
        onEdit={form.edit}
        adapter={adapter}
        choice={
          <Select
            label="Adapter"
            name="adapter"
            options={inOrderOfUse(adapters).map(({ id, kind, label, program, found }) => ({
              id,
              label,
              detail: program === null ? ANY[kind] : (found ?? `${program} is not on PATH`),
            }))}
            value={adapter?.id ?? null}
            onChange={(id) => form.edit({ adapter: String(id ?? "") })}
            isDisabled={readOnly !== null}
            help={adapter === undefined ? undefined : <AdapterHelp adapter={adapter} />}
          />
        }
        env={env}
        errors={errors}
        isReadOnly={readOnly !== null}
        importing={{ id: agent.id, name: agent.name, blocked: isOpen ? UNSAVED : null }}
      />
      {isOpen ? (
        <RecordBar
          what="agent"
          changes={changed.names.map(fieldLabel)}
          pending={save.pending}
          failure={save.failure}
          blocked={pressed ? blocked : null}
          onDiscard={form.discard}
        />
      ) : null}
    </WideForm>
  );
}

/** What an adapter starts that names no program. */
const ANY: Readonly<Record<Adapter["kind"], string>> = {
  process: "Any program",
  request: "A service of this machine or the network",
};

function AdapterHelp({ adapter }: { readonly adapter: Adapter }) {
  return (
    <>
      <NextStep text={adapter.description} /> <AdapterPlace adapter={adapter} />
    </>
  );
}
