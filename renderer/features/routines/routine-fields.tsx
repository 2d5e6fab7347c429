import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useCompany } from "../../data/company.tsx";
import { failureOf } from "../../data/failure.ts";
import { useQueries } from "../../data/panel-context.tsx";
import { Select, TextField } from "../../ui/field.tsx";
import type { Option } from "../../ui/field.tsx";
import type { RoutineForm } from "./form.ts";
import "./routine-fields.css";

export interface FieldsProps {
  readonly form: RoutineForm;
  readonly isReadOnly: boolean;
  onEdit(changes: Partial<RoutineForm>): void;
}

/** What a routine is, who does it and what for. */
export function RoutineFields({ form, isReadOnly, onEdit }: FieldsProps) {
  return (
    <>
      <TextField
        name="title"
        label="Title"
        value={form.title}
        onChange={(title) => onEdit({ title })}
        isReadOnly={isReadOnly}
        isRequired
        maxLength={1_000}
        autoComplete="off"
      />
      <div className="routine-fields-text">
        <TextField
          name="instructions"
          label="Instructions"
          mono
          rows={6}
          spellCheck="true"
          value={form.instructions}
          onChange={(instructions) => onEdit({ instructions })}
          isReadOnly={isReadOnly}
          help={
            <>
              What the agent is to do. <code>{"{{name}}"}</code> makes a variable that a run is given;{" "}
              <code>{"{{date}}"}</code> and <code>{"{{timestamp}}"}</code> are filled in by themselves.
            </>
          }
        />
      </div>
      <div className="field-row">
        <AgentPicker
          agentId={form.agentId}
          isDisabled={isReadOnly}
          none="No agent yet"
          onChoose={(agentId) => onEdit({ agentId })}
          help={<Link to="/agents/new">New agent</Link>}
        />
        <ProjectPicker
          projectId={form.projectId}
          isDisabled={isReadOnly}
          none="No project"
          onChoose={(projectId) => onEdit({ projectId })}
          help={<Link to="/projects/new">New project</Link>}
        />
      </div>
    </>
  );
}

const NONE = "none";

interface PickerProps {
  readonly isDisabled?: boolean;
  /** What choosing nothing means. */
  readonly none: string;
  readonly help?: ReactNode;
}

/** One of the company's agents, or none. */
export function AgentPicker({
  agentId,
  isDisabled = false,
  none,
  help,
  onChoose,
}: PickerProps & { readonly agentId: string | null; onChoose(id: string | null): void }) {
  const company = useCompany();
  const { data, error } = useQuery(useQueries().agents.list.queryOptions({ input: { company: company.id } }));
  const known = (data?.agents ?? []).map(({ id, name, adapter, status }): Option => ({
    id,
    label: name,
    detail: status === "paused" ? `${adapter}, paused` : adapter,
  }));
  return (
    <Select
      name="agent"
      label="Agent"
      options={withNone(none, known, agentId)}
      value={agentId ?? NONE}
      onChange={(key) => onChoose(key === NONE ? null : String(key))}
      isDisabled={isDisabled}
      help={error === null ? help : `The agents cannot be shown. ${failureOf(error).message}`}
    />
  );
}

/** One of the company's projects, or none. */
export function ProjectPicker({
  projectId,
  isDisabled = false,
  none,
  help,
  onChoose,
}: PickerProps & { readonly projectId: string | null; onChoose(id: string | null): void }) {
  const company = useCompany();
  const { data, error } = useQuery(useQueries().projects.list.queryOptions({ input: { company: company.id } }));
  const known = (data?.projects ?? []).map(({ id, name }): Option => ({ id, label: name }));
  return (
    <Select
      name="project"
      label="Project"
      options={withNone(none, known, projectId)}
      value={projectId ?? NONE}
      onChange={(key) => onChoose(key === NONE ? null : String(key))}
      isDisabled={isDisabled}
      help={error === null ? help : `The projects cannot be shown. ${failureOf(error).message}`}
    />
  );
}

/** A choice that is not listed, because the list is still asked for, keeps a place, so that the picker does not look empty. */
function withNone(none: string, known: readonly Option[], chosen: string | null): Option[] {
  const gone = chosen !== null && !known.some(({ id }) => id === chosen);
  return [{ id: NONE, label: none }, ...known, ...(gone ? [{ id: chosen, label: chosen.slice(0, 8) }] : [])];
}
