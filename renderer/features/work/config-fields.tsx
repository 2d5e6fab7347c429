import { NumberField, Select, TextField } from "../../ui/field.tsx";
import { configName } from "./agent-form.ts";
import type { Adapter } from "./agent-form.ts";
import { ArgumentsField } from "./arguments-field.tsx";
import { choiceLabel, configFields } from "./config-schema.ts";
import type { ConfigField } from "./config-schema.ts";
import { PairsField } from "./pairs-field.tsx";
import { field } from "./fields.ts";
import type { Fields } from "./fields.ts";

export interface ConfigFieldsProps {
  readonly adapter: Adapter;
  readonly fields: Fields;
  onEdit(changes: Readonly<Record<string, string | undefined>>): void;
  readonly isReadOnly: boolean;
}

/** The configuration of an agent, as its adapter declares it. The control plane judges what is typed. */
export function ConfigFields({ adapter, fields, onEdit, isReadOnly }: ConfigFieldsProps) {
  return configFields(adapter.configSchema).map((each) => {
    const name = configName(adapter.id, each.name);
    return (
      <OneField
        key={name}
        of={each}
        text={field(fields, name) ?? ""}
        onChange={(text) => onEdit({ [name]: text === "" ? undefined : text })}
        isReadOnly={isReadOnly}
      />
    );
  });
}

interface OneFieldProps {
  readonly of: ConfigField;
  readonly text: string;
  onChange(text: string): void;
  readonly isReadOnly: boolean;
}

function OneField({ of, text, onChange, isReadOnly }: OneFieldProps) {
  const { label, required, kind } = of;
  const name = `config.${of.name}`;
  const help = of.help === null ? {} : { help: of.help };
  switch (kind) {
    case "arguments":
      return (
        <ArgumentsField
          name={name}
          label={label}
          help={of.help}
          required={required}
          text={text}
          onChange={onChange}
          isReadOnly={isReadOnly}
        />
      );
    case "pairs":
      return (
        <PairsField name={name} label={label} help={of.help} text={text} onChange={onChange} isReadOnly={isReadOnly} />
      );
    case "choice":
      return (
        <Select
          name={name}
          label={label}
          {...help}
          options={of.options.map((id) => ({ id, label: choiceLabel(id) }))}
          value={text === "" ? of.preset : text}
          onChange={(id) => onChange(String(id ?? ""))}
          isDisabled={isReadOnly}
        />
      );
    case "integer":
      return (
        <NumberField
          name={name}
          label={label}
          {...help}
          optional={!required}
          value={text === "" ? Number.NaN : Number(text)}
          onChange={(number) => onChange(Number.isNaN(number) ? "" : String(number))}
          isReadOnly={isReadOnly}
        />
      );
    case "text":
    case "lines":
    case "json":
      return (
        <TextField
          name={name}
          label={label}
          {...help}
          mono
          optional={!required}
          autoComplete="off"
          value={text}
          onChange={onChange}
          isReadOnly={isReadOnly}
          {...(kind === "text" ? {} : { rows: kind === "json" ? 4 : 6 })}
        />
      );
  }
}
