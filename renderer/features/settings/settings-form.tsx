import { useMemo } from "react";
import type { ReactNode } from "react";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { Button } from "../../ui/button.tsx";
import { Form } from "../../ui/field.tsx";
import { say } from "../../ui/toast.tsx";
import { settingFields } from "./setting-fields.ts";
import type { useSettings } from "./use-settings.ts";

type Settings = ReturnType<typeof useSettings>;

export interface SettingsFormProps {
  readonly settings: Settings;
  /** Names of its fields; a message for another one is shown as a whole. */
  readonly names: readonly string[];
  /** What is to be saved; asked for when the form is sent. */
  readonly values: () => Parameters<Settings["update"]["run"]>[0];
  /** Verb and object: "Save run settings". */
  readonly save: string;
  onSaved?(): void;
  readonly children: (errors: Readonly<Record<string, string>>) => ReactNode;
}

/** A few settings that are saved together. The control plane judges them, and its words stand at their fields. */
export function SettingsForm({ settings, names, values, save, onSaved, children }: SettingsFormProps) {
  const { update, connected } = settings;
  const errors = useMemo(() => settingFields(update.fieldErrors), [update.fieldErrors]);
  const submit = async () => {
    if ((await update.run(values())) === null) return;
    say("The settings are saved.");
    onSaved?.();
  };
  return (
    <Form
      validationErrors={errors}
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      {children(errors)}
      {update.failure !== null && !names.some((name) => errors[name] !== undefined) ? (
        <FailureNotice failure={update.failure} what="The settings were not saved" />
      ) : null}
      <div className="field-actions">
        <Button type="submit" isPending={update.pending} isDisabled={!connected}>
          {save}
        </Button>
      </div>
    </Form>
  );
}
