import { Answered } from "../../data/answered.tsx";
import { useStatus } from "../../data/status.ts";
import { NumberField } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Section } from "../../ui/page.tsx";
import { Time } from "../../ui/time.tsx";
import { counted } from "../secrets/secret-words.ts";
import { SettingsForm } from "./settings-form.tsx";
import { useFollowed } from "./use-followed.ts";
import { useSettings } from "./use-settings.ts";

/** Where webhooks are listened for, and whether they are. */
export function WebhookSettings() {
  const settings = useSettings("webhooks");
  const listener = useStatus()?.webhooks;
  return (
    <Section title="Webhooks">
      {listener === undefined ? null : (
        <Notice tone={listener.state === "failed" ? "bad" : "quiet"} title={listener.reason}>
          {listener.unknown === null ? null : (
            <>
              {counted(listener.unknown.count, "delivery", "deliveries")} came to addresses that no webhook has, the
              last <Time instant={listener.unknown.lastAt} exactly />.
            </>
          )}
        </Notice>
      )}
      <Answered query={settings.query} what="The settings of webhooks cannot be shown">
        {({ values }) => <PortForm settings={settings} given={Number(values["port"])} />}
      </Answered>
    </Section>
  );
}

interface PortFormProps {
  readonly settings: ReturnType<typeof useSettings>;
  readonly given: number;
}

function PortForm({ settings, given }: PortFormProps) {
  const [port, setPort] = useFollowed(given);
  return (
    <SettingsForm
      settings={settings}
      names={["port"]}
      save="Save port"
      // An empty field means the default.
      values={() => ({ port: Number.isNaN(port) ? null : port })}
    >
      {() => (
        <div className="settings-field">
          <NumberField
            name="port"
            label="Port on this machine"
            help="It is part of every address that senders were given. Empty means 3200."
            formatOptions={{ useGrouping: false }}
            value={port}
            onChange={setPort}
          />
        </div>
      )}
    </SettingsForm>
  );
}
