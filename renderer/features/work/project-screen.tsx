import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useCallback, useMemo, useState } from "react";
import type { ReactNode } from "react";
import type { Env } from "../../../preload/contract/environment.ts";
import type { ProjectRecord } from "../../../preload/contract/work.ts";
import { useCompany } from "../../data/company.tsx";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { failureOf } from "../../data/failure.ts";
import { useClient, useQueries } from "../../data/panel-context.tsx";
import { useReadOnly } from "../../data/status.ts";
import { UnsavedGuard } from "../../data/unsaved-guard.tsx";
import { useAction } from "../../data/use-action.ts";
import { Page, Section, Stack } from "../../ui/page.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { say } from "../../ui/toast.tsx";
import { envInputOf } from "../environment/env-rows.ts";
import { ActivityList } from "../record/activity-list.tsx";
import { fieldLabel } from "./agent-form.ts";
import { ChangedElsewhere } from "./changed-elsewhere.tsx";
import { envOfFields, withEnv } from "./fields.ts";
import type { Fields } from "./fields.ts";
import { changedProjectParts, projectFields, readProject } from "./project-form.ts";
import { ProjectSections } from "./project-sections.tsx";
import { RecordBar } from "./record-bar.tsx";
import { RecordFailed } from "./record-failed.tsx";
import { ProjectRoutines } from "./used-by.tsx";
import { useEnvLines } from "./use-env-lines.ts";
import { useFocusOnRefused } from "./use-focus-on-refused.ts";
import { UNDECIDED, UNSAVED, useRecordForm } from "./use-record-form.ts";
import type { RecordForm, Stored } from "./use-record-form.ts";
import { WideForm } from "./wide-form.tsx";

/** One project: its environment, and the routines that share it. */
export function ProjectScreen() {
  const { projectId } = useParams({ from: "/projects/$projectId" });
  const company = useCompany();
  const query = useQuery(
    useQueries().projects.get.queryOptions({ input: { company: company.id, project: projectId } }),
  );
  const failure = query.error === null ? null : failureOf(query.error);
  const retry = () => void query.refetch();
  // What was there before stays on screen, with what was typed in it, whatever a later answer says.
  if (query.data !== undefined) {
    return (
      <ProjectPage key={query.data.id} project={query.data}>
        {failure === null ? null : (
          <FailureNotice what="The project cannot be shown as it is now" failure={failure} onRetry={retry} />
        )}
      </ProjectPage>
    );
  }
  return (
    <Page title="Project" up={<Link to="/projects">Projects</Link>}>
      {failure === null ? (
        <SkeletonRows rows={8} label="Loading the project" />
      ) : (
        <RecordFailed what="project" failure={failure} onRetry={retry} />
      )}
    </Page>
  );
}

function ProjectPage({ project, children }: { readonly project: ProjectRecord; readonly children: ReactNode }) {
  const stored: Stored = useMemo(() => ({ fields: projectFields(project), updatedAt: project.updatedAt }), [project]);
  const form = useRecordForm(stored);
  return (
    <Page title={project.name} up={<Link to="/projects">Projects</Link>}>
      <Stack>
        {children}
        <ProjectForm key={form.round} project={project} form={form} />
        <ProjectRoutines projectId={project.id} />
        <Section title="Activity">
          <ActivityList entity={{ type: "project", id: project.id }} />
        </Section>
      </Stack>
    </Page>
  );
}

function ProjectForm({ project, form }: { readonly project: ProjectRecord; readonly form: RecordForm }) {
  const client = useClient();
  const readOnly = useReadOnly();
  const { fields, replace } = form;
  const env = useEnvLines(
    useMemo(() => envOfFields(fields), [fields]),
    useCallback((next: Env) => replace((now) => withEnv(now, next)), [replace]),
  );
  const [pressed, setPressed] = useState(false);
  const changed = changedProjectParts(form.base, fields);
  const isOpen = changed.names.length > 0 || env.problems.size > 0;
  const save = useAction((sent: Fields) => {
    const { name, description } = readProject(sent);
    return client.projects.update({
      company: project.companyId,
      project: project.id,
      ...(changed.name ? { name } : {}),
      ...(changed.description ? { description } : {}),
      ...(changed.env ? { env: envInputOf(env.rows) } : {}),
    });
  });
  const [container, focusOnRefused] = useFocusOnRefused();
  const undecided = form.conflicts.length > 0 ? UNDECIDED : null;
  const blocked = env.problems.size > 0 ? "Lines of the environment are not complete." : undecided;
  const submit = async () => {
    setPressed(true);
    if (!isOpen) return;
    if (blocked !== null) return focusOnRefused();
    const saved = await save.run(fields);
    if (saved === null) return focusOnRefused();
    form.saved(fields, { fields: projectFields(saved), updatedAt: saved.updatedAt });
    setPressed(false);
    say(`Project ${saved.name} is saved.`);
  };
  return (
    <WideForm label="Project" errors={save.fieldErrors} container={container} onSubmit={() => void submit()}>
      <UnsavedGuard
        dirty={isOpen}
        name={project.name}
        what="Changes of this project are not saved. They are lost when this page is left."
      />
      <ChangedElsewhere what="project" form={form} />
      <ProjectSections
        fields={fields}
        onEdit={form.edit}
        env={env}
        errors={save.fieldErrors}
        isReadOnly={readOnly !== null}
        importing={{ id: project.id, name: project.name, blocked: isOpen ? UNSAVED : null }}
      />
      {isOpen ? (
        <RecordBar
          what="project"
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
