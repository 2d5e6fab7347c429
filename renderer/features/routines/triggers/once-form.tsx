import { useState } from "react";
import { NumberField, TextField } from "../../../ui/field.tsx";
import { bothZonesText } from "../../../ui/time-text.ts";
import { LabelField, TriggerForm } from "./trigger-form.tsx";
import type { KindFormProps } from "./trigger-form.tsx";
import { changed, useSaveTrigger } from "./use-save-trigger.ts";
import { instantOf, wallOf } from "./wall-time.ts";
import { ZonePicker } from "./zone-picker.tsx";
import { machineZone } from "./zones.ts";

const USUAL_GRACE = 300;

/** One instant, as the clock of a zone shows it. */
export function OnceForm(props: KindFormProps) {
  const { routine, trigger } = props;
  const saving = useSaveTrigger(routine, trigger);
  const [zone, setZone] = useState(trigger?.zone ?? machineZone());
  const [wall, setWall] = useState(() => {
    // A new one begins with the next full hour.
    const at = trigger?.at ?? new Date(Math.ceil((Date.now() + 1) / 3_600_000) * 3_600_000).toISOString();
    return wallOf(Date.parse(at), zone);
  });
  const [label, setLabel] = useState(trigger?.label ?? "");
  const [grace, setGrace] = useState(trigger?.graceSeconds ?? USUAL_GRACE);
  const name = label.trim() === "" ? null : label.trim();
  const found = instantOf(wall, zone);
  const graceSeconds = Number.isNaN(grace) ? USUAL_GRACE : grace;
  // What was not touched keeps its seconds.
  const before = trigger?.at ?? null;
  const untouched = before !== null && wallOf(Date.parse(before), zone) === wall;
  const at = untouched ? before : found.outcome === "found" ? found.at : null;
  return (
    <TriggerForm
      {...props}
      saving={saving}
      save={
        at === null
          ? null
          : {
              create: { kind: "once", at, zone, graceSeconds, ...(name === null ? {} : { label: name }) },
              changes: {
                ...changed("at", at, trigger?.at ?? at),
                ...changed("zone", zone, trigger?.zone ?? ""),
                ...changed("label", name, trigger?.label ?? null),
                ...changed("graceSeconds", graceSeconds, trigger?.graceSeconds ?? USUAL_GRACE),
              },
            }
      }
    >
      <div className="field-row">
        <TextField name="at" label="Date and time" type="datetime-local" value={wall} onChange={setWall} />
        <ZonePicker zone={zone} onChange={setZone} />
      </div>
      <p className={found.outcome === "found" ? "trigger-form-words" : "field-error"} role="status">
        {found.outcome === "found" ? bothZonesText(at ?? found.at, zone) : PROBLEMS[found.outcome]}
        {found.outcome === "found" && found.repeated && !untouched ? "; the first of two such times on that day" : null}
      </p>
      <LabelField label={label} onChange={setLabel} />
      <details open={graceSeconds !== USUAL_GRACE}>
        <summary>Advanced</summary>
        <NumberField
          name="graceSeconds"
          label="Seconds for which it is on time"
          help="5 to 86,400. Later than this it counts as missed."
          value={grace}
          onChange={setGrace}
        />
      </details>
    </TriggerForm>
  );
}

const PROBLEMS = {
  missing: "There is no such time on that day: the clock is put forward over it. Choose another one.",
  unreadable: "Choose a day and a time.",
} as const;
