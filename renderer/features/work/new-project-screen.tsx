import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { Env } from "../../../preload/contract/environment.ts";
import { useCompany } from "../../data/company.tsx";
import { useClient } from "../../data/panel-context.tsx";
import { useReadOnly } from "../../data/status.ts";
import { UnsavedGuard } from "../../data/unsaved-guard.tsx";
import { useAction } from "../../data/use-action.ts";
import { Button, buttonClass } from "../../ui/button.tsx";
import { Page } from "../../ui/page.tsx";
import { say } from "../../ui/toast.tsx";
import { envInputOf } from "../environment/env-rows.ts";
import { changedNames, withFields } from "./fields.ts";
import type { Fields } from "./fields.ts";
import { NEW_PROJECT, readProject } from "./project-form.ts";
import { ProjectSections } from "./project-sections.tsx";
import { RefusedNotice } from "./refused-notice.tsx";
import { useFocusOnRefused } from "./use-focus-on-refused.ts";
import { useEnvLines } from "./use-env-lines.ts";
import { WideForm } from "./wide-form.tsx";

const NO_ENV: Env = {};

/** A new project: what several routines have in common. */
export function NewProjectScreen() {
  const company = useCompany();
  const client = useClient();
  const navigate = useNavigate();
  const readOnly = useReadOnly();
  const [fields, setFields] = useState(NEW_PROJECT);
  const [heldEnv, setHeldEnv] = useState(NO_ENV);
  const env = useEnvLines(heldEnv, setHeldEnv);
  const [pressed, setPressed] = useState(false);
  const create = useAction((input: Fields) => {
    const { name, description } = readProject(input);
    return client.projects.create({
      company: company.id,
      name,
      ...(description === null ? {} : { description }),
      env: envInputOf(env.rows),
    });
  });
  const [form, focusOnRefused] = useFocusOnRefused();
  const submit = async () => {
    setPressed(true);
    if (env.problems.size > 0) return focusOnRefused();
    const project = await create.run(fields);
    if (project === null) return focusOnRefused();
    say(`Project ${project.name} is created.`);
    await navigate({ to: "/projects/$projectId", params: { projectId: project.id }, ignoreBlocker: true });
  };
  return (
    <Page title="New project" up={<Link to="/projects">Projects</Link>}>
      <WideForm label="New project" errors={create.fieldErrors} container={form} onSubmit={() => void submit()}>
        <UnsavedGuard
          dirty={changedNames(NEW_PROJECT, fields).length > 0 || env.rows.length > 0}
          name="New project"
          what="The new project is not created yet. What was typed is lost when this page is left."
        />
        <p className="quiet">
          A project is what several routines have in common: a name to find them by, and an environment of their own.
        </p>
        <ProjectSections
          fields={fields}
          onEdit={(changes) => setFields((now) => withFields(now, changes))}
          env={env}
          errors={create.fieldErrors}
          isReadOnly={false}
        />
        {create.failure ? <RefusedNotice what="The project was not created" failure={create.failure} /> : null}
        {pressed && env.problems.size > 0 ? (
          <p className="field-error" role="alert">
            Not created yet: lines of the environment are not complete.
          </p>
        ) : null}
        <div className="field-actions">
          <Button variant="primary" type="submit" isPending={create.pending} isDisabled={readOnly !== null}>
            Create project
          </Button>
          <Link to="/projects" className={buttonClass("quiet")}>
            Cancel
          </Link>
        </div>
      </WideForm>
    </Page>
  );
}
