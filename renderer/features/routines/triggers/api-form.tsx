import { useState } from "react";
import { LabelField, TriggerForm } from "./trigger-form.tsx";
import type { KindFormProps } from "./trigger-form.tsx";
import { changed, useSaveTrigger } from "./use-save-trigger.ts";

/** A name for starts by the command line or the API; it has no times. */
export function ApiForm(props: KindFormProps) {
  const { routine, trigger } = props;
  const saving = useSaveTrigger(routine, trigger);
  const [label, setLabel] = useState(trigger?.label ?? "");
  const name = label.trim() === "" ? null : label.trim();
  return (
    <TriggerForm
      {...props}
      saving={saving}
      save={{
        create: { kind: "api", ...(name === null ? {} : { label: name }) },
        changes: changed("label", name, trigger?.label ?? null),
      }}
    >
      <p>
        It says that others start this routine: <code>paperclip-desktop routines run</code>, or the call{" "}
        <code>routines.run</code> with the source <code>api</code>.
      </p>
      <LabelField label={label} onChange={setLabel} />
    </TriggerForm>
  );
}
