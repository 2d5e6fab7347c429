import { Checkbox, NumberField, Select, TextField } from "../../../ui/field.tsx";
import type { Option } from "../../../ui/field.tsx";
import { HOUR_STEPS, MINUTE_STEPS, presetAs } from "./cron-presets.ts";
import type { Preset, PresetKind } from "./cron-presets.ts";

const KINDS: readonly (Option & { readonly id: PresetKind })[] = [
  { id: "minutes", label: "Every few minutes" },
  { id: "hourly", label: "Every hour" },
  { id: "hours", label: "Every few hours" },
  { id: "daily", label: "Every day" },
  { id: "weekdays", label: "Every weekday", detail: "Monday to Friday" },
  { id: "weekly", label: "On days of the week" },
  { id: "monthly", label: "On a day of the month" },
  { id: "custom", label: "By an expression", detail: "Five fields, as in a crontab" },
];

/** Monday first, as most calendars have them; the numbers are those of cron. */
const DAYS: readonly (readonly [day: number, name: string])[] = [
  [1, "Mon"],
  [2, "Tue"],
  [3, "Wed"],
  [4, "Thu"],
  [5, "Fri"],
  [6, "Sat"],
  [0, "Sun"],
];

export interface ScheduleFieldsProps {
  readonly preset: Preset;
  onChange(preset: Preset): void;
  /** The expression is known to be none. */
  readonly isInvalid: boolean;
}

/** How often, and what that needs to know. */
export function ScheduleFields({ preset, onChange, isInvalid }: ScheduleFieldsProps) {
  return (
    <>
      <Select
        label="Repeats"
        options={KINDS}
        value={preset.kind}
        onChange={(key) => {
          const kind = KINDS.find(({ id }) => id === key)?.id;
          if (kind !== undefined && kind !== preset.kind) onChange(presetAs(kind, preset));
        }}
      />
      <PresetFields preset={preset} onChange={onChange} isInvalid={isInvalid} />
    </>
  );
}

function PresetFields({ preset, onChange, isInvalid }: ScheduleFieldsProps) {
  switch (preset.kind) {
    case "minutes":
      return (
        <StepSelect
          label="Minutes between"
          steps={MINUTE_STEPS}
          value={preset.every}
          onChange={(every) => onChange({ ...preset, every })}
        />
      );
    case "hourly":
      return <MinuteField minute={preset.minute} onChange={(minute) => onChange({ ...preset, minute })} />;
    case "hours":
      return (
        <div className="field-row">
          <StepSelect
            label="Hours between"
            steps={HOUR_STEPS}
            value={preset.every}
            onChange={(every) => onChange({ ...preset, every })}
          />
          <MinuteField minute={preset.minute} onChange={(minute) => onChange({ ...preset, minute })} />
        </div>
      );
    case "daily":
    case "weekdays":
      return <TimeOfDay preset={preset} onChange={(time) => onChange({ ...preset, ...time })} />;
    case "weekly":
      return (
        <>
          <fieldset className="trigger-form-days">
            <legend>Days</legend>
            {DAYS.map(([day, name]) => (
              <Checkbox
                key={day}
                isSelected={preset.days.includes(day)}
                // One day is always left; without any it would never be due.
                isDisabled={preset.days.length === 1 && preset.days.includes(day)}
                onChange={(on) => {
                  const days = on ? [...preset.days, day] : preset.days.filter((each) => each !== day);
                  onChange({ ...preset, days: days.toSorted((a, b) => a - b) });
                }}
              >
                {name}
              </Checkbox>
            ))}
          </fieldset>
          <TimeOfDay preset={preset} onChange={(time) => onChange({ ...preset, ...time })} />
        </>
      );
    case "monthly":
      return (
        <div className="field-row">
          <NumberField
            label="Day of the month"
            minValue={1}
            maxValue={31}
            value={preset.day}
            {...(preset.day > 28 ? { help: "Months that have no such day are left out." } : {})}
            onChange={(day) => onChange({ ...preset, day: Number.isNaN(day) ? 1 : day })}
          />
          <TimeOfDay preset={preset} onChange={(time) => onChange({ ...preset, ...time })} />
        </div>
      );
    case "custom":
      return (
        <TextField
          name="expression"
          label="Expression"
          mono
          autoComplete="off"
          maxLength={500}
          placeholder="0 9 * * mon-fri"
          help="Minute, hour, day of the month, month, day of the week; or a name such as @daily."
          isInvalid={isInvalid}
          value={preset.expression}
          onChange={(expression) => onChange({ kind: "custom", expression })}
        />
      );
  }
}

function StepSelect({
  label,
  steps,
  value,
  onChange,
}: {
  readonly label: string;
  readonly steps: readonly number[];
  readonly value: number;
  onChange(step: number): void;
}) {
  return (
    <Select
      label={label}
      options={steps.map((step) => ({ id: String(step), label: String(step) }))}
      value={String(value)}
      onChange={(key) => onChange(Number(key))}
    />
  );
}

function MinuteField({ minute, onChange }: { readonly minute: number; onChange(minute: number): void }) {
  return (
    <NumberField
      label="Minute of the hour"
      minValue={0}
      maxValue={59}
      value={minute}
      onChange={(value) => onChange(Number.isNaN(value) ? 0 : value)}
    />
  );
}

interface Time {
  readonly hour: number;
  readonly minute: number;
}

function TimeOfDay({ preset, onChange }: { readonly preset: Time; onChange(time: Time): void }) {
  const two = (value: number) => String(value).padStart(2, "0");
  return (
    <TextField
      label="At"
      type="time"
      value={`${two(preset.hour)}:${two(preset.minute)}`}
      onChange={(text) => {
        const [, hour, minute] = /^(\d{2}):(\d{2})/.exec(text) ?? [];
        // A time that is being cleared is none yet.
        if (hour !== undefined && minute !== undefined) onChange({ hour: Number(hour), minute: Number(minute) });
      }}
    />
  );
}
