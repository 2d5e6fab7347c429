import type { ReactNode } from "react";
import type { EnvLines } from "./use-env-lines.ts";
import { EnvEditor } from "../environment/env-editor.tsx";
import type { EnvImport } from "../environment/env-editor.tsx";
import { TextField } from "../../ui/field.tsx";
import { Section } from "../../ui/page.tsx";
import type { Adapter } from "./agent-form.ts";
import { ConfigFields } from "./config-fields.tsx";
import { field } from "./fields.ts";
import type { Fields } from "./fields.ts";
import { FormFields } from "./wide-form.tsx";

export interface AgentSectionsProps {
  readonly fields: Fields;
  onEdit(changes: Readonly<Record<string, string | undefined>>): void;
  readonly adapter: Adapter | undefined;
  /** Where the adapter is chosen. */
  readonly choice: ReactNode;
  readonly env: EnvLines;
  readonly errors: Readonly<Record<string, string>>;
  readonly isReadOnly: boolean;
  readonly importing?: EnvImport;
  /** For an agent that is not there yet. */
  readonly isNew?: boolean;
}

/** The fields of an agent. */
export function AgentSections(props: AgentSectionsProps) {
  const { fields, onEdit, adapter, choice, env, errors, isReadOnly, isNew = false, importing } = props;
  return (
    <>
      <Section title="What it is">
        <FormFields>
          {isNew ? choice : null}
          <TextField
            label="Name"
            name="name"
            isRequired
            autoComplete="off"
            maxLength={120}
            value={field(fields, "name") ?? ""}
            onChange={(name) => onEdit({ name })}
            isReadOnly={isReadOnly}
          />
          {isNew ? null : choice}
          {adapter === undefined ? null : (
            <ConfigFields adapter={adapter} fields={fields} onEdit={onEdit} isReadOnly={isReadOnly} />
          )}
        </FormFields>
      </Section>
      <Section title="Environment">
        <p className="quiet">Every run of this agent gets these, unless its project or routine sets the same key.</p>
        <EnvEditor
          rows={env.rows}
          onChange={env.change}
          layer="agent"
          errors={errors}
          isReadOnly={isReadOnly}
          {...(importing === undefined ? {} : { importing })}
        />
        <FormFields>
          {" "}
          <TextField
            label="Passed-through names"
            name="passThrough"
            mono
            optional
            rows={2}
            value={field(fields, "passThrough") ?? ""}
            onChange={(passThrough) => onEdit({ passThrough })}
            isReadOnly={isReadOnly}
            placeholder="SSH_AUTH_SOCK"
            help="Variables of this app's own environment that its processes get as well, one in each line."
          />
        </FormFields>{" "}
      </Section>
    </>
  );
}
