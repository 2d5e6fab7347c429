import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { SchedulePreview } from "../../../../preload/contract/triggers.ts";
import { failureOf } from "../../../data/failure.ts";
import { FailureNotice } from "../../../data/failure-notice.tsx";
import { useQueries } from "../../../data/panel-context.tsx";
import { NumberField } from "../../../ui/field.tsx";
import { catchUpChoices } from "../policies.ts";
import { expressionOf, presetOf } from "./cron-presets.ts";
import { ScheduleFields } from "./schedule-fields.tsx";
import { LabelField, TriggerForm } from "./trigger-form.tsx";
import type { KindFormProps } from "./trigger-form.tsx";
import { UpcomingTimes } from "./upcoming-times.tsx";
import { changed, useSaveTrigger } from "./use-save-trigger.ts";
import { ZonePicker } from "./zone-picker.tsx";
import { machineZone } from "./zones.ts";

const USUAL = { graceSeconds: 300, missedCap: 25 };

/** A schedule in a zone, by a preset or an expression, with what it means and its next times beside it. */
export function ScheduleForm(props: KindFormProps) {
  const { routine, trigger } = props;
  const saving = useSaveTrigger(routine, trigger);
  const [preset, setPreset] = useState(() => presetOf(trigger?.expression ?? "0 9 * * 1-5"));
  const [zone, setZone] = useState(trigger?.zone ?? machineZone());
  const [label, setLabel] = useState(trigger?.label ?? "");
  const [grace, setGrace] = useState(trigger?.graceSeconds ?? USUAL.graceSeconds);
  const [cap, setCap] = useState(trigger?.missedCap ?? USUAL.missedCap);
  const expression = expressionOf(preset);
  const empty = expression.trim() === "";
  const query = useQuery({
    ...useQueries().triggers.preview.queryOptions({ input: { expression, zone }, enabled: !empty }),
    placeholderData: (before) => before,
  });
  // An answer about what stood there before says nothing about positions in what stands there now.
  const preview = empty || (query.isPlaceholderData && query.data?.outcome === "invalid") ? undefined : query.data;
  const invalid = empty || preview?.outcome === "invalid";
  const name = label.trim() === "" ? null : label.trim();
  const graceSeconds = Number.isNaN(grace) ? USUAL.graceSeconds : grace;
  const missedCap = Number.isNaN(cap) ? USUAL.missedCap : cap;
  const policy = catchUpChoices.find(({ id }) => id === routine.catchUpPolicy);
  return (
    <TriggerForm
      {...props}
      saving={saving}
      save={
        invalid
          ? null
          : {
              create: {
                kind: "schedule",
                expression,
                zone,
                graceSeconds,
                missedCap,
                ...(name === null ? {} : { label: name }),
              },
              changes: {
                ...changed("expression", expression, trigger?.expression ?? ""),
                ...changed("zone", zone, trigger?.zone ?? ""),
                ...changed("label", name, trigger?.label ?? null),
                ...changed("graceSeconds", graceSeconds, trigger?.graceSeconds ?? USUAL.graceSeconds),
                ...changed("missedCap", missedCap, trigger?.missedCap ?? USUAL.missedCap),
              },
            }
      }
    >
      <div className="trigger-form-columns">
        <div className="trigger-form-fields">
          <ScheduleFields preset={preset} onChange={setPreset} isInvalid={preview?.outcome === "invalid"} />
          {preset.kind === "custom" ? null : (
            <p className="quiet small">
              Expression <code>{expression}</code>
            </p>
          )}
          {preview?.outcome === "invalid" ? <Problem expression={expression} problem={preview} /> : null}
          <ZonePicker zone={zone} onChange={setZone} />
          <LabelField label={label} onChange={setLabel} />
          <details open={graceSeconds !== USUAL.graceSeconds || missedCap !== USUAL.missedCap}>
            <summary>Advanced</summary>
            <div className="field-row">
              <NumberField
                name="graceSeconds"
                label="Seconds for which a slot is on time"
                help="5 to 86,400. Later than this it counts as missed."
                value={grace}
                onChange={setGrace}
              />
              <NumberField
                name="missedCap"
                label="Missed slots that run at most"
                help={`1 to 100. Counts where the routine runs the newest ones; now it says: ${policy?.label ?? ""}.`}
                value={cap}
                onChange={setCap}
              />
            </div>
          </details>
        </div>
        <div className="trigger-form-preview">
          {query.error === null ? null : (
            <FailureNotice
              what="The next times cannot be shown"
              failure={failureOf(query.error)}
              onRetry={() => void query.refetch()}
            />
          )}
          {preview?.outcome === "valid" ? (
            <>
              <p className="trigger-form-words" role="status">
                {preview.explanation}
              </p>
              <UpcomingTimes label="Next times" times={preview.times.map(({ at, note }) => ({ at, note, zone }))} />
            </>
          ) : invalid ? (
            <p className="quiet">The next times stand here once the expression is whole.</p>
          ) : null}
        </div>
      </div>
    </TriggerForm>
  );
}

/** The expression with the place of the problem marked, and what is wrong there. */
function Problem({
  expression,
  problem: { message, position, length, field },
}: {
  readonly expression: string;
  readonly problem: Extract<SchedulePreview, { outcome: "invalid" }>;
}) {
  return (
    <p className="trigger-form-problem" role="alert">
      {field === "expression" ? (
        <>
          <code>
            {expression.slice(0, position)}
            <mark>{expression.slice(position, position + length) || " … "}</mark>
            {expression.slice(position + length)}
          </code>
          <br />
          At character {position + 1}: {message}.
        </>
      ) : (
        `The zone: ${message}.`
      )}
    </p>
  );
}
