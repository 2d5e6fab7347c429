import { useState } from "react";
import type { SigningMode } from "../../../../preload/contract/webhooks.ts";
import type { TriggerRecord } from "../../../../preload/contract/triggers.ts";
import { useCompany } from "../../../data/company.tsx";
import { useClient } from "../../../data/panel-context.tsx";
import { useAction } from "../../../data/use-action.ts";
import { useHeldText } from "../../../data/use-held-text.ts";
import { Button } from "../../../ui/button.tsx";
import { DialogActions } from "../../../ui/dialog.tsx";
import { NumberField, Select } from "../../../ui/field.tsx";
import { LabelField, TriggerForm } from "../triggers/trigger-form.tsx";
import type { KindFormProps } from "../triggers/trigger-form.tsx";
import { changed } from "../triggers/use-save-trigger.ts";
import type { TriggerSave } from "../triggers/use-save-trigger.ts";
import { MODES } from "./modes.ts";
import { SigningKeySheet } from "./signing-key-sheet.tsx";

const USUAL_WINDOW = 300;

/** A webhook: how its sender proves itself. The key of a new one is shown once, before the dialog closes. */
export function WebhookForm(props: KindFormProps) {
  const { routine, trigger, onSaved } = props;
  const of = { company: useCompany().id, routine: routine.id };
  const client = useClient();
  const key = useHeldText();
  const [made, setMade] = useState<TriggerRecord | null>(null);
  const [mode, setMode] = useState<SigningMode>(trigger?.webhook?.signingMode ?? "hmac_sha256");
  const [window, setWindow] = useState(trigger?.webhook?.replayWindowSeconds ?? USUAL_WINDOW);
  const [label, setLabel] = useState(trigger?.label ?? "");
  const saving = useAction(async ({ create, changes }: TriggerSave) => {
    if (trigger !== null) return client.triggers.update({ ...of, trigger: trigger.id, changes });
    const { signingKey, ...record } = await client.triggers.create({ ...of, trigger: create });
    key.keep(signingKey ?? "");
    return record;
  });
  const name = label.trim() === "" ? null : label.trim();
  const replayWindowSeconds = Number.isNaN(window) ? USUAL_WINDOW : window;
  if (made !== null) {
    return (
      <>
        <SigningKeySheet signingKey={key} />
        <DialogActions>
          <Button
            variant="primary"
            onPress={() => {
              key.drop();
              onSaved(made);
            }}
          >
            Done
          </Button>
        </DialogActions>
      </>
    );
  }
  return (
    <TriggerForm
      {...props}
      onSaved={(saved) => (key.read() === "" ? onSaved(saved) : setMade(saved))}
      saving={saving}
      save={{
        create: {
          kind: "webhook",
          signingMode: mode,
          replayWindowSeconds,
          ...(name === null ? {} : { label: name }),
        },
        changes: {
          ...changed("signingMode", mode, trigger?.webhook?.signingMode ?? mode),
          ...changed("replayWindowSeconds", replayWindowSeconds, trigger?.webhook?.replayWindowSeconds ?? USUAL_WINDOW),
          ...changed("label", name, trigger?.label ?? null),
        },
      }}
    >
      <p>
        A webhook starts this routine when something is posted to an address on this machine. Others reach it only
        through a tunnel or a proxy of your own.
      </p>
      <Select
        name="signingMode"
        label="How the sender proves itself"
        options={MODES}
        value={mode}
        onChange={(id) => setMode(MODES.find((one) => one.id === id)?.id ?? mode)}
      />
      {mode === "hmac_sha256" ? (
        <NumberField
          name="replayWindowSeconds"
          label="Seconds that a timestamp may be off"
          help="30 to 86,400. An older delivery is refused."
          value={window}
          onChange={setWindow}
        />
      ) : null}
      <LabelField label={label} onChange={setLabel} />
    </TriggerForm>
  );
}
