import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useCallback, useMemo, useState } from "react";
import { Answered } from "../../data/answered.tsx";
import { useCompany } from "../../data/company.tsx";
import { useClient, useQueries } from "../../data/panel-context.tsx";
import { useReadOnly } from "../../data/status.ts";
import { UnsavedGuard } from "../../data/unsaved-guard.tsx";
import { useAction } from "../../data/use-action.ts";
import { Button, buttonClass } from "../../ui/button.tsx";
import { Page } from "../../ui/page.tsx";
import { say } from "../../ui/toast.tsx";
import type { Env } from "../../../preload/contract/environment.ts";
import { envInputOf } from "../environment/env-rows.ts";
import { useFocusOnRefused } from "./use-focus-on-refused.ts";
import { useEnvLines } from "./use-env-lines.ts";
import { AdapterChoice } from "./adapter-choice.tsx";
import { fieldMessages, inOrderOfUse, newAgentFields, readAgent } from "./agent-form.ts";
import type { Adapter, AgentInput } from "./agent-form.ts";
import { AgentSections } from "./agent-sections.tsx";
import { changedNames, field, withFields } from "./fields.ts";
import { RefusedNotice } from "./refused-notice.tsx";
import { WideForm } from "./wide-form.tsx";

/** A new agent: a program of this machine, or a service, that routines are given to. */
export function NewAgentScreen() {
  const adapters = useQuery(useQueries().agents.adapters.queryOptions());
  return (
    <Page title="New agent" up={<Link to="/agents">Agents</Link>}>
      <Answered query={adapters} what="The kinds of agents cannot be shown">
        {(answer) => <NewAgent adapters={answer.adapters} />}
      </Answered>
    </Page>
  );
}

const NO_ENV: Env = {};
function NewAgent({ adapters }: { readonly adapters: readonly Adapter[] }) {
  const company = useCompany();
  const client = useClient();
  const navigate = useNavigate();
  const readOnly = useReadOnly();
  const [begun] = useState(() => newAgentFields(inOrderOfUse(adapters)[0]));
  const [fields, setFields] = useState(begun);
  const [heldEnv, setHeldEnv] = useState(NO_ENV);
  const env = useEnvLines(
    heldEnv,
    useCallback((next: Env) => setHeldEnv(next), []),
  );
  const [pressed, setPressed] = useState(false);
  const create = useAction((input: AgentInput) =>
    client.agents.create({ company: company.id, ...input, env: envInputOf(env.rows) }),
  );
  const adapter = adapters.find(({ id }) => id === field(fields, "adapter"));
  const read = useMemo(() => readAgent(fields, adapter), [fields, adapter]);
  const refused = useMemo(() => fieldMessages(create.fieldErrors), [create.fieldErrors]);
  const errors = pressed && !read.ok ? read.errors : refused;
  const [form, focusOnRefused] = useFocusOnRefused();
  const dirty = changedNames(begun, fields).some((name) => name !== "adapter") || env.rows.length > 0;
  const submit = async () => {
    setPressed(true);
    if (!read.ok || env.problems.size > 0) return focusOnRefused();
    const agent = await create.run(read.input);
    if (agent === null) return focusOnRefused();
    say(`Agent ${agent.name} is created.`);
    await navigate({ to: "/agents/$agentId", params: { agentId: agent.id }, ignoreBlocker: true });
  };
  return (
    <WideForm label="New agent" errors={errors} container={form} onSubmit={() => void submit()}>
      <UnsavedGuard
        dirty={dirty}
        name="New agent"
        what="The new agent is not created yet. What was typed is lost when this page is left."
      />
      <p className="quiet">
        An agent is a program of this machine, or a service, that is given a routine&rsquo;s instructions. Programs are
        looked for where a run would find them.
      </p>
      <AgentSections
        isNew
        fields={fields}
        onEdit={(changes) => setFields((now) => withFields(now, changes))}
        adapter={adapter}
        choice={
          <AdapterChoice
            adapters={adapters}
            selected={adapter?.id ?? ""}
            onSelect={(id) => setFields((now) => withFields(now, { adapter: id }))}
          />
        }
        env={env}
        errors={errors}
        isReadOnly={false}
      />
      {create.failure ? <RefusedNotice what="The agent was not created" failure={create.failure} /> : null}
      {pressed && env.problems.size > 0 ? (
        <p className="field-error" role="alert">
          Not created yet: lines of the environment are not complete.
        </p>
      ) : null}
      <div className="field-actions">
        <Button variant="primary" type="submit" isPending={create.pending} isDisabled={readOnly !== null}>
          Create agent
        </Button>
        <Link to="/agents" className={buttonClass("quiet")}>
          Cancel
        </Link>
      </div>
    </WideForm>
  );
}
