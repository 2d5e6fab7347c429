import { Answered } from "../../data/answered.tsx";
import { NumberField } from "../../ui/field.tsx";
import { Section } from "../../ui/page.tsx";
import { RetentionPreview } from "./retention-preview.tsx";
import { RestartNotice } from "./restart-notice.tsx";
import { SettingsForm } from "./settings-form.tsx";
import { useFollowed } from "./use-followed.ts";
import { useSettings } from "./use-settings.ts";

const MEBIBYTE = 1024 * 1024;

/** How many runs execute at once, and how long a log may grow. */
export function RunSettings() {
  const settings = useSettings("general");
  return (
    <Section title="Runs">
      <Answered query={settings.query} what="The settings of runs cannot be shown">
        {({ values, restartNeeded }) => (
          <>
            <RestartNotice needed={restartNeeded} />
            <RunForm
              settings={settings}
              concurrency={Number(values["concurrency"])}
              logLimitBytes={Number(values["logLimitBytes"])}
              logRetentionDays={Number(values["logRetentionDays"])}
              logTotalBytes={Number(values["logTotalBytes"])}
            />
          </>
        )}
      </Answered>
    </Section>
  );
}

interface RunFormProps {
  readonly settings: ReturnType<typeof useSettings>;
  readonly concurrency: number;
  readonly logLimitBytes: number;
  readonly logRetentionDays: number;
  readonly logTotalBytes: number;
}

function RunForm({ settings, ...given }: RunFormProps) {
  const [concurrency, setConcurrency] = useFollowed(given.concurrency);
  const [logLimit, setLogLimit] = useFollowed(given.logLimitBytes / MEBIBYTE);
  const [days, setDays] = useFollowed(given.logRetentionDays);
  const [total, setTotal] = useFollowed(given.logTotalBytes / MEBIBYTE);
  const totalBytes = Math.round(total * MEBIBYTE);
  return (
    <SettingsForm
      settings={settings}
      names={["concurrency", "logLimitBytes", "logRetentionDays", "logTotalBytes"]}
      save="Save run settings"
      values={() => ({
        // An empty field means the default.
        concurrency: Number.isNaN(concurrency) ? null : concurrency,
        logLimitBytes: Number.isNaN(logLimit) ? null : Math.round(logLimit * MEBIBYTE),
        logRetentionDays: Number.isNaN(days) ? null : days,
        logTotalBytes: Number.isNaN(totalBytes) ? null : totalBytes,
      })}
    >
      {() => (
        <>
          <div className="field-row">
            <NumberField
              name="concurrency"
              label="Runs at once"
              help="1 to 64; further ones wait in line. Empty means 4."
              value={concurrency}
              onChange={setConcurrency}
            />
            <NumberField
              name="logLimitBytes"
              label="Log of one run, in MiB"
              help="1 to 4,096; what is beyond is left out. Empty means 64."
              value={logLimit}
              onChange={setLogLimit}
            />
          </div>
          <div className="field-row">
            <NumberField
              name="logRetentionDays"
              label="Keep logs for, in days"
              help="0 keeps them whatever their age. Empty means 90."
              value={days}
              onChange={setDays}
            />
            <NumberField
              name="logTotalBytes"
              label="All logs together, in MiB"
              help="The oldest go first; 0 keeps them whatever their size. Empty means 10,240."
              value={total}
              onChange={setTotal}
            />
          </div>
          <RetentionPreview
            days={Number.isNaN(days) ? 90 : days}
            totalBytes={Number.isNaN(totalBytes) ? 10_240 * MEBIBYTE : totalBytes}
          />
        </>
      )}
    </SettingsForm>
  );
}
