import type { Variable } from "../../../preload/contract/routines.ts";
import { Select, TextField } from "../../ui/field.tsx";

/** Fields for the values of a run, by the type of each variable. Every value is held as text; the control plane types it. */
export function VariableInputs({
  variables,
  texts,
  onChange,
}: {
  readonly variables: readonly Variable[];
  readonly texts: Readonly<Record<string, string>>;
  onChange(texts: Readonly<Record<string, string>>): void;
}) {
  return variables.map((variable, index) => (
    <VariableInput
      key={variable.name}
      variable={variable}
      isFirst={index === 0}
      text={texts[variable.name] ?? ""}
      onChange={(text) => onChange({ ...texts, [variable.name]: text })}
    />
  ));
}

const NONE = "none";

function VariableInput({
  variable: { name, type, label, required, options },
  isFirst,
  text,
  onChange,
}: {
  readonly variable: Variable;
  readonly isFirst: boolean;
  readonly text: string;
  onChange(text: string): void;
}) {
  const common = { name: `variables.${name}`, label: label ?? name, optional: !required };
  if (type === "boolean" || type === "select") {
    const choices =
      type === "boolean"
        ? [
            { id: "=true", label: "Yes" },
            { id: "=false", label: "No" },
          ]
        : (options ?? []).map((option) => ({ id: `=${option}`, label: option }));
    return (
      <Select
        {...common}
        options={required ? choices : [{ id: NONE, label: "No value" }, ...choices]}
        placeholder="Choose"
        value={text === "" ? (required ? null : NONE) : `=${text}`}
        onChange={(key) => onChange(key === NONE || key === null ? "" : String(key).slice(1))}
      />
    );
  }
  return (
    <TextField
      {...common}
      value={text}
      onChange={onChange}
      autoFocus={isFirst}
      autoComplete="off"
      maxLength={20_000}
      {...(type === "textarea" ? { rows: 4 } : {})}
      {...(type === "number" ? { inputMode: "decimal" as const } : {})}
    />
  );
}
