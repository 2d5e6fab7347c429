import { useQuery } from "@tanstack/react-query";
import type { EnvBinding } from "../../../preload/contract/environment.ts";
import type { Variable } from "../../../preload/contract/routines.ts";
import { useCompany } from "../../data/company.tsx";
import { useQueries } from "../../data/panel-context.tsx";
import { SecretTag } from "../../ui/tag.tsx";
import { shortId } from "../environment/reference-state.ts";
import { useSecretStates } from "../environment/use-secret-states.ts";
import type { FieldValue } from "./merge.ts";
import { catchUpChoices, concurrencyChoices, priorityChoices } from "./policies.ts";
import "./field-value.css";

/** One field of a routine as a person reads it. Of a secret the key and the version, of a plain value the value. */
export function FieldValueText({ name, value }: { readonly name: string; readonly value: FieldValue }) {
  if (value === undefined) return <span className="quiet">removed</span>;
  if (value === null) return <span className="quiet">none</span>;
  if (typeof value === "object") {
    return isVariable(value) ? <VariableText variable={value} /> : <BindingText binding={value} />;
  }
  if (name === "agentId") return <AgentName id={String(value)} />;
  if (name === "projectId") return <ProjectName id={String(value)} />;
  if (name === "instructions") {
    return (
      <pre className="field-value-text" dir="auto" tabIndex={0} aria-label="Instructions">
        {value === "" ? " " : value}
      </pre>
    );
  }
  return <span dir="auto">{choiceLabel(name, String(value))}</span>;
}

const isVariable = (value: Variable | EnvBinding): value is Variable => "name" in value;

function choiceLabel(name: string, value: string): string {
  const choices = { concurrencyPolicy: concurrencyChoices, catchUpPolicy: catchUpChoices, priority: priorityChoices };
  const known = Object.entries(choices).find(([field]) => field === name)?.[1];
  if (name === "retry.onInterruption") return value === "true" ? "yes" : "no";
  return known?.find(({ id }) => id === value)?.label ?? value;
}

function BindingText({ binding }: { readonly binding: EnvBinding }) {
  if (binding.type === "plain") {
    return binding.value === "" ? (
      <span className="quiet">empty</span>
    ) : (
      <code className="field-value-plain" dir="auto">
        {binding.value}
      </code>
    );
  }
  return <SecretText secretId={binding.secretId} selector={binding.version} />;
}

function SecretText({ secretId, selector }: { readonly secretId: string; readonly selector: number | "latest" }) {
  const state = useSecretStates([secretId])(secretId);
  return (
    <SecretTag
      secretKey={state.kind === "there" ? state.secret.key : state.kind === "gone" ? null : shortId(secretId)}
      shortId={shortId(secretId)}
      selector={selector}
      version={state.kind === "there" ? state.secret.latestVersion : undefined}
    />
  );
}

function VariableText({
  variable: { type, label, required, default: preset, options },
}: {
  readonly variable: Variable;
}) {
  const parts = [
    type,
    required ? "required" : "optional",
    ...(label === undefined ? [] : [`label ${label}`]),
    ...(preset === undefined ? [] : [`default ${String(preset)}`]),
    ...(options === undefined ? [] : [`options ${options.join(", ")}`]),
  ];
  return <span dir="auto">{parts.join(" · ")}</span>;
}

function AgentName({ id }: { readonly id: string }) {
  const company = useCompany();
  const { data } = useQuery(useQueries().agents.list.queryOptions({ input: { company: company.id } }));
  return <span dir="auto">{data?.agents.find((agent) => agent.id === id)?.name ?? shortId(id)}</span>;
}

function ProjectName({ id }: { readonly id: string }) {
  const company = useCompany();
  const { data } = useQuery(useQueries().projects.list.queryOptions({ input: { company: company.id } }));
  return <span dir="auto">{data?.projects.find((project) => project.id === id)?.name ?? shortId(id)}</span>;
}
