import { useState } from "react";
import { catchUpChoices, concurrencyChoices, priorityChoices } from "./policies.ts";
import { Checkbox, NumberField, Select } from "../../ui/field.tsx";
import { BLANK_DRAFT, changedFields } from "./draft.ts";
import { draftOf, MEBIBYTE } from "./form.ts";
import type { FieldsProps } from "./routine-fields.tsx";
import "./policy-fields.css";

/** What seldom changes: what happens when runs meet, are missed or fail. Open where it differs from the usual. */
export function PolicyFields({ form, isReadOnly, onEdit }: FieldsProps) {
  const { retry, limits } = form;
  const unusual = changedFields(
    { ...draftOf(form), ...usual(), retry: BLANK_DRAFT.retry, limits: BLANK_DRAFT.limits },
    draftOf(form),
  ).length;
  const [open, setOpen] = useState(unusual > 0);
  return (
    <details className="policy-fields" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        Advanced
        {unusual > 0 ? <span className="quiet"> · {unusual} changed from the usual</span> : null}
      </summary>
      <div className="policy-fields-body">
        <div className="field-row">
          <Select
            name="concurrencyPolicy"
            label="While the same work is active"
            options={concurrencyChoices}
            value={form.concurrencyPolicy}
            onChange={(key) => {
              const concurrencyPolicy = concurrencyChoices.find(({ id }) => id === key)?.id;
              if (concurrencyPolicy) onEdit({ concurrencyPolicy });
            }}
            isDisabled={isReadOnly}
          />
          <Select
            name="catchUpPolicy"
            label="Missed slots"
            options={catchUpChoices}
            value={form.catchUpPolicy}
            onChange={(key) => {
              const catchUpPolicy = catchUpChoices.find(({ id }) => id === key)?.id;
              if (catchUpPolicy) onEdit({ catchUpPolicy });
            }}
            isDisabled={isReadOnly}
          />
          <Select
            name="priority"
            label="Priority"
            options={priorityChoices}
            value={form.priority}
            onChange={(key) => {
              const priority = priorityChoices.find(({ id }) => id === key)?.id;
              if (priority) onEdit({ priority });
            }}
            isDisabled={isReadOnly}
          />
        </div>
        <div className="field-row">
          <NumberField
            name="retry.maxAttempts"
            label="Attempts"
            help="1 to 25; 1 means that a failed run is not tried again."
            value={retry.maxAttempts}
            onChange={(count) => onEdit({ retry: { ...retry, maxAttempts: given(count, 1) } })}
            isReadOnly={isReadOnly}
          />
          <NumberField
            name="retry.backoffSeconds"
            label="Seconds before the second attempt"
            help="1 to 86,400."
            value={retry.backoffSeconds}
            onChange={(seconds) => onEdit({ retry: { ...retry, backoffSeconds: given(seconds, 30) } })}
            isReadOnly={isReadOnly}
          />
          <NumberField
            name="retry.backoffFactor"
            label="Growth of the wait"
            help="1 to 10; each further wait is so many times as long."
            value={retry.backoffFactor}
            onChange={(factor) => onEdit({ retry: { ...retry, backoffFactor: given(factor, 2) } })}
            isReadOnly={isReadOnly}
          />
        </div>
        <div className="field-row">
          <NumberField
            name="retry.backoffCapSeconds"
            label="Longest wait in seconds"
            help="1 to 86,400, which is a day."
            value={retry.backoffCapSeconds}
            onChange={(seconds) => onEdit({ retry: { ...retry, backoffCapSeconds: given(seconds, 86_400) } })}
            isReadOnly={isReadOnly}
          />
          <NumberField
            name="retry.jitter"
            label="Spread of the wait in percent"
            help="0 to 100; each wait is by up to so much shorter or longer."
            value={Math.round(retry.jitter * 1_000) / 10}
            onChange={(percent) => onEdit({ retry: { ...retry, jitter: given(percent, 0) / 100 } })}
            isReadOnly={isReadOnly}
          />
        </div>
        <div className="field-row">
          <NumberField
            name="limits.timeoutSeconds"
            label="Time limit in seconds"
            help="An attempt that takes longer is ended with all its processes. Empty: the time-out of the agent."
            value={limits.timeoutSeconds ?? Number.NaN}
            onChange={(seconds) => onEdit({ limits: { ...limits, timeoutSeconds: orNull(seconds) } })}
            isReadOnly={isReadOnly}
            optional
          />
          <NumberField
            name="limits.logLimitBytes"
            label="Log limit in MiB"
            help="What is printed after that is counted and not kept. Empty: the limit in the settings."
            value={limits.logLimitBytes === null ? Number.NaN : limits.logLimitBytes / MEBIBYTE}
            onChange={(size) => onEdit({ limits: { ...limits, logLimitBytes: orNull(Math.round(size * MEBIBYTE)) } })}
            isReadOnly={isReadOnly}
            optional
          />
        </div>
        <Checkbox
          isSelected={retry.onInterruption}
          onChange={(onInterruption) => onEdit({ retry: { ...retry, onInterruption } })}
          isReadOnly={isReadOnly}
        >
          Running it twice is safe: start an interrupted run again by itself
        </Checkbox>
      </div>
    </details>
  );
}

function usual() {
  const { concurrencyPolicy, catchUpPolicy, priority } = BLANK_DRAFT;
  return { concurrencyPolicy, catchUpPolicy, priority };
}

const orNull = (value: number): number | null => (Number.isNaN(value) ? null : value);

/** An emptied field means the default. */
const given = (value: number, otherwise: number): number => (Number.isNaN(value) ? otherwise : value);
