import { TextField } from "../../ui/field.tsx";
import { Section } from "../../ui/page.tsx";
import { EnvEditor } from "../environment/env-editor.tsx";
import type { EnvImport } from "../environment/env-editor.tsx";
import { field } from "./fields.ts";
import type { Fields } from "./fields.ts";
import type { EnvLines } from "./use-env-lines.ts";
import { FormFields } from "./wide-form.tsx";

export interface ProjectSectionsProps {
  readonly fields: Fields;
  onEdit(changes: Readonly<Record<string, string | undefined>>): void;
  readonly env: EnvLines;
  readonly errors: Readonly<Record<string, string>>;
  readonly isReadOnly: boolean;
  readonly importing?: EnvImport;
}

/** The fields of a project. */
export function ProjectSections({ fields, onEdit, env, errors, isReadOnly, importing }: ProjectSectionsProps) {
  return (
    <>
      <Section title="What it is">
        <FormFields>
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
          <TextField
            label="Description"
            name="description"
            optional
            rows={4}
            value={field(fields, "description") ?? ""}
            onChange={(description) => onEdit({ description })}
            isReadOnly={isReadOnly}
          />
        </FormFields>
      </Section>
      <Section title="Environment">
        <p className="quiet">
          Every run of its routines gets these; they win over the agent&rsquo;s, and a routine&rsquo;s own win over
          them.
        </p>
        <EnvEditor
          rows={env.rows}
          onChange={env.change}
          layer="project"
          errors={errors}
          isReadOnly={isReadOnly}
          {...(importing === undefined ? {} : { importing })}
        />
      </Section>
    </>
  );
}
