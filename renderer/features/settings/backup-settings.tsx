import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { RETENTION_PRESETS, retentionPresetNames } from "../../../preload/rules/retention.ts";
import { Answered } from "../../data/answered.tsx";
import { useStatus } from "../../data/status.ts";
import { buttonClass } from "../../ui/button.tsx";
import { Checkbox, NumberField, Select } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Section } from "../../ui/page.tsx";
import { SettingsForm } from "./settings-form.tsx";
import { useFollowed } from "./use-followed.ts";
import { useSettings } from "./use-settings.ts";

/** When backups are taken and proven, and how many are kept. They count at once. */
export function BackupSettings() {
  const settings = useSettings("backups");
  return (
    <Answered query={settings.query} what="The settings of backups cannot be shown">
      {({ values }) => (
        <>
          <Section title="Database, by interval">
            <IntervalForm
              settings={settings}
              enabled={values["enabled"] === true}
              intervalMinutes={Number(values["intervalMinutes"])}
              proveEveryDays={Number(values["proveEveryDays"])}
            />
          </Section>
          <Section title="Retention of the database">
            <RetentionForm settings={settings} values={values} />
          </Section>
          <Section title="Everything, by interval">
            <FullForm settings={settings} values={values} />
          </Section>
        </>
      )}
    </Answered>
  );
}

/** What is set of full backups by interval. */
const FULL = [
  { name: "fullEveryDays", label: "Every, in days", help: "0: never by itself. Empty means 1." },
  { name: "fullMaxMebibytes", label: "All of them together, in MiB", help: "0: no limit. Empty means 20,480." },
  { name: "fullKeepDaily", label: "Days kept", help: "Empty means 7." },
  { name: "fullKeepWeekly", label: "Weeks kept", help: "Empty means 4." },
  { name: "fullKeepMonthly", label: "Months kept", help: "Empty means 1." },
] as const;

function FullForm({ settings, values }: RetentionFormProps) {
  const [followed, setFollowed] = useFollowed(JSON.stringify(FULL.map(({ name }) => Number(values[name]))));
  const [names] = useState(() => FULL.map(({ name }) => name));
  const numbers = JSON.parse(followed) as (number | null)[];
  const waits = useStatus()?.backups.full.state === "no_code";
  return (
    <SettingsForm
      settings={settings}
      names={names}
      save="Save full backups"
      values={() => Object.fromEntries(FULL.map(({ name }, at) => [name, numbers[at] ?? null]))}
    >
      {() => (
        <>
          <p className="quiet">
            Database, key, files and settings in one file, encrypted to the recovery code in force and taken where
            something was changed. Only whoever has the code can open it. Those taken by hand are never removed.
          </p>
          {waits ? (
            <Notice
              title="They wait for a recovery code"
              next="There is none to encrypt them to."
              actions={
                <Link to="/settings" search={{ section: "secrets" }} className={buttonClass()}>
                  Make a recovery code
                </Link>
              }
            />
          ) : null}
          <div className="field-row">
            {FULL.map(({ name, label, help }, at) => (
              <NumberField
                key={name}
                name={name}
                label={label}
                help={help}
                value={numbers[at] ?? Number.NaN}
                onChange={(value) =>
                  setFollowed(JSON.stringify(numbers.map((one, index) => (index === at ? value : one))))
                }
              />
            ))}
          </div>
        </>
      )}
    </SettingsForm>
  );
}

type Settings = ReturnType<typeof useSettings>;

/** An empty field means the default. */
const orDefault = (value: number): number | null => (Number.isNaN(value) ? null : value);

interface IntervalFormProps {
  readonly settings: Settings;
  readonly enabled: boolean;
  readonly intervalMinutes: number;
  readonly proveEveryDays: number;
}

function IntervalForm({ settings, ...given }: IntervalFormProps) {
  const [enabled, setEnabled] = useFollowed(given.enabled ? "on" : "off");
  const [interval, setInterval] = useFollowed(given.intervalMinutes);
  const [prove, setProve] = useFollowed(given.proveEveryDays);
  return (
    <SettingsForm
      settings={settings}
      names={["enabled", "intervalMinutes", "proveEveryDays"]}
      save="Save interval"
      values={() => ({
        enabled: enabled === "on",
        intervalMinutes: orDefault(interval),
        proveEveryDays: orDefault(prove),
      })}
    >
      {() => (
        <>
          <Checkbox isSelected={enabled === "on"} onChange={(on) => setEnabled(on ? "on" : "off")}>
            Back the database up by interval while the app runs
          </Checkbox>
          <div className="field-row">
            <NumberField
              name="intervalMinutes"
              label="Interval, in minutes"
              help="1 to 10,080; none is taken where nothing was written since the last. Empty means 60."
              value={interval}
              onChange={setInterval}
            />
            <NumberField
              name="proveEveryDays"
              label="Prove every, in days"
              help="The newest one is restored and compared; 0: never by itself. Empty means 7."
              value={prove}
              onChange={setProve}
            />
          </div>
        </>
      )}
    </SettingsForm>
  );
}

const TIERS = [
  { name: "keepHourly", label: "Hours", tier: "hourly" },
  { name: "keepDaily", label: "Days", tier: "daily" },
  { name: "keepWeekly", label: "Weeks", tier: "weekly" },
  { name: "keepMonthly", label: "Months", tier: "monthly" },
] as const;

const PRESETS = {
  short: "Short: 12 hours, 3 days, 1 week, 1 month",
  standard: "Standard: 24 hours, 7 days, 4 weeks, 1 month",
  long: "Long: 48 hours, 14 days, 4 weeks, 6 months",
} as const;

interface RetentionFormProps {
  readonly settings: Settings;
  readonly values: Readonly<Record<string, unknown>>;
}

function RetentionForm({ settings, values }: RetentionFormProps) {
  const given = JSON.stringify(TIERS.map(({ name }) => Number(values[name])));
  const [followed, setFollowed] = useFollowed(given);
  const tiers = JSON.parse(followed) as (number | null)[];
  const [max, setMax] = useFollowed(Number(values["maxMebibytes"]));
  const [names] = useState(() => [...TIERS.map(({ name }) => name), "maxMebibytes"]);
  const preset =
    retentionPresetNames.find((name) => TIERS.every(({ tier }, at) => RETENTION_PRESETS[name][tier] === tiers[at])) ??
    "custom";
  return (
    <SettingsForm
      settings={settings}
      names={names}
      save="Save retention"
      values={() => ({
        ...Object.fromEntries(TIERS.map(({ name }, at) => [name, tiers[at] ?? null])),
        maxMebibytes: orDefault(max),
      })}
    >
      {() => (
        <>
          <Select
            name="preset"
            label="Preset"
            options={[
              ...retentionPresetNames.map((name) => ({ id: name, label: PRESETS[name] })),
              ...(preset === "custom" ? [{ id: "custom", label: "Custom" }] : []),
            ]}
            selectedKey={preset}
            onSelectionChange={(key) => {
              const name = retentionPresetNames.find((one) => one === key);
              if (name) setFollowed(JSON.stringify(TIERS.map(({ tier }) => RETENTION_PRESETS[name][tier])));
            }}
          />
          <div className="field-row">
            {TIERS.map(({ name, label }, at) => (
              <NumberField
                key={name}
                name={name}
                label={label}
                value={tiers[at] ?? Number.NaN}
                onChange={(value) =>
                  setFollowed(JSON.stringify(tiers.map((one, index) => (index === at ? value : one))))
                }
              />
            ))}
          </div>
          <NumberField
            name="maxMebibytes"
            label="All backups of the database together, in MiB"
            help="The oldest go first; the newest and the newest proven one stay. 0: no limit. Empty means 10,240."
            value={max}
            onChange={setMax}
          />
          <p className="quiet">
            The newest of each of the last hours, days, weeks and months that have one is kept; the others are removed
            before the next one is written. Backups, Retention shows which.
          </p>
        </>
      )}
    </SettingsForm>
  );
}
