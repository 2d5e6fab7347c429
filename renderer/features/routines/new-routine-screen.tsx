import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import type { FormEvent } from "react";
import type { RoutineRecord } from "../../../preload/contract/routines.ts";
import type { TriggerInput } from "../../../preload/contract/triggers.ts";
import { Answered } from "../../data/answered.tsx";
import { useCompany } from "../../data/company.tsx";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { useClient, useQueries } from "../../data/panel-context.tsx";
import { useReadOnly } from "../../data/status.ts";
import { UnsavedGuard } from "../../data/unsaved-guard.tsx";
import { useAction } from "../../data/use-action.ts";
import { Button, buttonClass } from "../../ui/button.tsx";
import { Form } from "../../ui/field.tsx";
import { Page, Section, Stack } from "../../ui/page.tsx";
import { say } from "../../ui/toast.tsx";
import { EnvEditor } from "../environment/env-editor.tsx";
import { fieldMessages, formChanges, formProblems, inputOf, startingForm } from "./form.ts";
import type { RoutineForm } from "./form.ts";
import { BLANK_DRAFT } from "./draft.ts";
import { PolicyFields } from "./policy-fields.tsx";
import { RoutineFields } from "./routine-fields.tsx";
import { triggerCopies } from "./trigger-copies.ts";
import { useFirstProblem } from "./use-first-problem.ts";
import { useLayerEnvs } from "./use-layer-envs.ts";
import { VariablesFields } from "./variables-fields.tsx";

/** A new routine, from nothing or as the copy of another one. */
export function NewRoutineScreen() {
  const { from } = useSearch({ from: "/routines/new" });
  const up = <Link to="/routines">Routines</Link>;
  if (from === undefined) {
    return (
      <Page title="New routine" up={up}>
        <NewRoutine from={null} triggers={NO_TRIGGERS} />
      </Page>
    );
  }
  return (
    <Page title="Duplicate routine" up={up}>
      <Duplicate key={from} from={from} />
    </Page>
  );
}

function Duplicate({ from }: { readonly from: string }) {
  const company = useCompany();
  const queries = useQueries();
  const input = { company: company.id, routine: from };
  const query = useQuery(queries.routines.get.queryOptions({ input }));
  const triggers = useQuery(queries.triggers.list.queryOptions({ input }));
  return (
    <Answered query={query} what="The routine to duplicate cannot be shown">
      {(routine) => (
        <Answered query={triggers} what="The triggers to duplicate cannot be shown">
          {(answer) => <NewRoutine from={routine} triggers={triggerCopies(answer.triggers)} />}
        </Answered>
      )}
    </Answered>
  );
}

const NO_TRIGGERS: readonly TriggerInput[] = [];

interface NewRoutineProps {
  readonly from: RoutineRecord | null;
  /** Those that the copy gets. */
  readonly triggers: readonly TriggerInput[];
}

function NewRoutine({ from, triggers }: NewRoutineProps) {
  const company = useCompany();
  const client = useClient();
  const navigate = useNavigate();
  const readOnly = useReadOnly();
  const [begun] = useState(() => startingForm(from));
  const [form, setForm] = useState(begun);
  const [pressed, setPressed] = useState(false);
  const create = useAction((input: RoutineForm) =>
    client.routines.create({
      company: company.id,
      routine: { ...inputOf(input), ...(triggers.length === 0 ? {} : { triggers: [...triggers] }) },
    }),
  );
  const problems = useMemo(() => formProblems(form), [form]);
  const errors = useMemo(
    () => ({ ...fieldMessages(create.fieldErrors), ...(pressed ? problems : {}) }),
    [create.fieldErrors, pressed, problems],
  );
  const toProblem = useFirstProblem(errors, "");
  const others = useLayerEnvs(form.agentId, form.projectId);
  const edit = (changes: Partial<RoutineForm>) => setForm((now) => ({ ...now, ...changes }));
  const dirty = from !== null ? form !== begun : formChanges(BLANK_DRAFT, form).length > 0;
  const submit = async () => {
    setPressed(true);
    toProblem();
    if (Object.keys(problems).length > 0) return;
    const made = await create.run(form);
    if (made === null) return;
    say(made.agentId === null ? "The routine is created as a draft: it has no agent yet." : "The routine is created.");
    await navigate({ to: "/routines/$routineId", params: { routineId: made.id }, ignoreBlocker: true });
  };
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    void submit();
  };
  // The env has dialogs with forms of their own, so it stands between two forms and not in one.
  return (
    <Stack>
      <UnsavedGuard
        dirty={dirty}
        name="New routine"
        what="The new routine is not created yet. What was typed is lost when this page is left."
      />
      <Form validationErrors={errors} onSubmit={onSubmit}>
        <Stack>
          <Section title="What and who">
            <RoutineFields form={form} isReadOnly={false} onEdit={edit} />
          </Section>
          <VariablesFields form={form} isReadOnly={false} onEdit={edit} />
        </Stack>
      </Form>
      <Section title="Secrets and environment">
        <EnvEditor rows={form.env} onChange={(env) => edit({ env })} layer="routine" others={others} errors={errors} />
      </Section>
      <Form validationErrors={errors} onSubmit={onSubmit}>
        <PolicyFields form={form} isReadOnly={false} onEdit={edit} />
        {create.failure ? <FailureNotice what="The routine was not created" failure={create.failure} /> : null}
        {pressed && Object.keys(problems).length > 0 ? (
          <p className="field-error" role="alert">
            Not created yet. {Object.values(problems).join(" ")}
          </p>
        ) : null}
        {triggers.length === 0 ? null : (
          <p className="quiet">
            {triggers.length === 1
              ? "Its trigger is copied, switched off."
              : `Its ${triggers.length} triggers are copied, switched off.`}
          </p>
        )}
        <div className="field-actions">
          <Button variant="primary" type="submit" isPending={create.pending} isDisabled={readOnly !== null}>
            Create routine
          </Button>
          <Link to="/routines" className={buttonClass("quiet")}>
            Cancel
          </Link>
        </div>
      </Form>
    </Stack>
  );
}
