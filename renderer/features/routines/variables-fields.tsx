import type { Variable } from "../../../preload/contract/routines.ts";
import { Checkbox, Select, TextField } from "../../ui/field.tsx";
import type { Option } from "../../ui/field.tsx";
import { Section } from "../../ui/page.tsx";
import type { FieldsProps } from "./routine-fields.tsx";
import { variablesInUse } from "./variables.ts";
import "./variables-fields.css";

const TYPES: readonly Option[] = [
  { id: "text", label: "Text" },
  { id: "textarea", label: "Long text" },
  { id: "number", label: "Number" },
  { id: "boolean", label: "Yes or no" },
  { id: "select", label: "Choice" },
];

/** The variables that title and instructions name, as soon as they name one. */
export function VariablesFields({ form, isReadOnly, onEdit }: FieldsProps) {
  const variables = variablesInUse(form.title, form.instructions, form.variables);
  if (variables.length === 0) return null;
  const edit = (changed: Variable) => {
    const others = form.variables.filter(({ name }) => name !== changed.name);
    const all = new Map([...variables, ...others].map((variable) => [variable.name, variable]));
    onEdit({ variables: [...all.set(changed.name, changed).values()] });
  };
  return (
    <Section title="Variables">
      <ul className="variables-fields">
        {variables.map((variable) => (
          <li key={variable.name}>
            <VariableFields variable={variable} isReadOnly={isReadOnly} onEdit={edit} />
          </li>
        ))}
      </ul>
    </Section>
  );
}

function VariableFields({
  variable,
  isReadOnly,
  onEdit,
}: {
  readonly variable: Variable;
  readonly isReadOnly: boolean;
  onEdit(variable: Variable): void;
}) {
  const { name, type, label, required } = variable;
  return (
    <div className="variables-fields-one" role="group" aria-label={`Variable ${name}`}>
      <code className="variables-fields-name">{`{{${name}}}`}</code>
      <div className="field-row">
        <TextField
          label="Label"
          optional
          placeholder={name}
          value={label ?? ""}
          onChange={(text) => onEdit(text === "" ? without(variable, "label") : { ...variable, label: text })}
          isReadOnly={isReadOnly}
          maxLength={120}
        />
        <Select
          {...(type === "boolean" ? { name: `variables.${name}` } : {})}
          label="Type"
          options={TYPES}
          value={type}
          onChange={(key) => onEdit(ofType(variable, String(key)))}
          isDisabled={isReadOnly}
        />
        <DefaultField variable={variable} isReadOnly={isReadOnly} onEdit={onEdit} />
      </div>
      {type === "select" ? (
        <TextField
          name={`variables.${name}`}
          label="Options"
          help="One in each line."
          rows={3}
          value={(variable.options ?? []).join("\n")}
          onChange={(text) => onEdit({ ...variable, options: text === "" ? [] : text.split("\n") })}
          isReadOnly={isReadOnly}
        />
      ) : null}
      <Checkbox
        isSelected={required}
        onChange={(chosen) => onEdit({ ...variable, required: chosen })}
        isReadOnly={isReadOnly}
      >
        A run must have a value
      </Checkbox>
    </div>
  );
}

const NONE = "none";

function DefaultField({
  variable,
  isReadOnly,
  onEdit,
}: {
  readonly variable: Variable;
  readonly isReadOnly: boolean;
  onEdit(variable: Variable): void;
}) {
  const { type, default: preset, options = [] } = variable;
  const set = (value: string) => onEdit(value === "" ? without(variable, "default") : { ...variable, default: value });
  if (type === "boolean" || type === "select") {
    const choices =
      type === "boolean"
        ? [
            { id: "true", label: "Yes" },
            { id: "false", label: "No" },
          ]
        : [...new Set(options)]
            .filter((option) => option.trim() !== "")
            .map((option) => ({ id: `=${option}`, label: option }));
    const value = type === "boolean" ? String(preset) : `=${String(preset)}`;
    return (
      <Select
        label="Default"
        options={[{ id: NONE, label: "None" }, ...choices]}
        value={preset === undefined ? NONE : value}
        onChange={(key) => set(key === NONE ? "" : String(key).replace(/^=/, ""))}
        isDisabled={isReadOnly}
      />
    );
  }
  return (
    <TextField
      name={`variables.${variable.name}`}
      label="Default"
      optional
      value={preset === undefined ? "" : String(preset)}
      onChange={set}
      isReadOnly={isReadOnly}
      maxLength={20_000}
      {...(type === "textarea" ? { rows: 2 } : {})}
      {...(type === "number" ? { inputMode: "decimal" as const } : {})}
    />
  );
}

/** Only a choice has options. A default that fits the new type stays; the form says where it does not. */
function ofType(variable: Variable, chosen: string): Variable {
  const type = (["text", "textarea", "number", "boolean", "select"] as const).find((each) => each === chosen) ?? "text";
  const { options = [], ...rest } = variable;
  if (type === "select") return { ...rest, type, options };
  const fits = type !== "boolean" || ["true", "false", "undefined"].includes(String(rest.default));
  return fits ? { ...rest, type } : without({ ...rest, type }, "default");
}

function without(variable: Variable, name: "label" | "default"): Variable {
  const { [name]: _, ...rest } = variable;
  return rest;
}
