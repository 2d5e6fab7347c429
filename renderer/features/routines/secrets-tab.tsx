import { useQuery } from "@tanstack/react-query";
import { failureOf } from "../../data/failure.ts";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { useCompany } from "../../data/company.tsx";
import { useQueries } from "../../data/panel-context.tsx";
import { useStatus } from "../../data/status.ts";
import { buttonClass } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Stack } from "../../ui/page.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { Link } from "@tanstack/react-router";
import { EnvEditor } from "../environment/env-editor.tsx";
import type { LayerEnvs } from "../environment/precedence.ts";
import { fieldMessages } from "./form.ts";
import type { RoutineEditing } from "./use-routine-form.ts";

/** What a run of the routine is given: its own env as part of the form, and the layers below it. */
export function SecretsTab({ editing }: { readonly editing: RoutineEditing }) {
  const { form, base, saving, edit } = editing;
  const company = useCompany();
  const queries = useQueries();
  const locked = useStatus()?.vault.state === "locked";
  const agent = useQuery(
    queries.agents.get.queryOptions({
      input: { company: company.id, agent: form.agentId ?? "" },
      enabled: form.agentId !== null,
    }),
  );
  const project = useQuery(
    queries.projects.get.queryOptions({
      input: { company: company.id, project: form.projectId ?? "" },
      enabled: form.projectId !== null,
    }),
  );
  const preview = useQuery(
    queries.routines.preview.queryOptions({
      input: { company: company.id, routine: base.id },
      // Without an agent there is no run to look at; with another one in the form it would be of another.
      enabled: base.agentId !== null && base.agentId === form.agentId && base.projectId === form.projectId,
    }),
  );
  if (agent.isLoading || project.isLoading) return <SkeletonRows label="Loading the environment" />;
  const others: LayerEnvs = {
    ...(form.agentId === null || agent.data === undefined ? {} : { agent: agent.data.env }),
    ...(form.projectId === null || project.data === undefined ? {} : { project: project.data.env }),
  };
  return (
    <Stack>
      {locked ? (
        <Notice
          tone="bad"
          title="The vault is locked: runs that need a secret are refused"
          actions={
            <Link to="/settings" search={{ section: "secrets" }} className={buttonClass()}>
              Open vault settings
            </Link>
          }
        >
          References can be changed; no value can be sealed or read.
        </Notice>
      ) : null}
      {agent.error === null ? null : (
        <FailureNotice
          what="The environment of the agent cannot be shown"
          failure={failureOf(agent.error)}
          onRetry={() => void agent.refetch()}
        />
      )}
      {project.error === null ? null : (
        <FailureNotice
          what="The environment of the project cannot be shown"
          failure={failureOf(project.error)}
          onRetry={() => void project.refetch()}
        />
      )}
      <EnvEditor
        rows={form.env}
        layer="routine"
        others={others}
        {...(preview.data === undefined ? {} : { preview: preview.data.env })}
        errors={fieldMessages(saving.fieldErrors)}
        isReadOnly={base.status === "archived"}
        importing={{
          id: base.id,
          name: base.title,
          blocked: editing.changes.length === 0 ? null : "Save or discard the changes first.",
        }}
        onChange={(env) => edit({ env })}
      />
      <p className="quiet small">
        {form.agentId === null ? "Without an agent there is no agent layer and nothing is run. " : null}
        Names that the app sets itself, such as <code>PAPERCLIP_RUN_ID</code>, cannot be set.
      </p>
    </Stack>
  );
}
