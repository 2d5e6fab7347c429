import { useQuery } from "@tanstack/react-query";
import type { VaultHealth } from "../../../preload/contract/secrets.ts";
import { Answered } from "../../data/answered.tsx";
import { useQueries } from "../../data/panel-context.tsx";
import { Facts } from "../../ui/facts.tsx";
import { TextField } from "../../ui/field.tsx";
import { Mark } from "../../ui/mark.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Section } from "../../ui/page.tsx";
import { KeySources } from "./key-sources.tsx";
import { MasterKeySection } from "./master-key-section.tsx";
import { RecoverySection } from "./recovery-section.tsx";
import { RestartNotice } from "./restart-notice.tsx";
import { SettingsForm } from "./settings-form.tsx";
import { useFollowed } from "./use-followed.ts";
import { useSettings } from "./use-settings.ts";
import "./settings.css";

const TONES = { ok: "quiet", warn: "doubtful", error: "bad" } as const;

/** Whether values can be read, with which key, and who else could. */
export function VaultSettings() {
  // A key file that comes or goes announces nothing, so each look is a fresh one.
  const health = useQuery({ ...useQueries().secrets.health.queryOptions(), refetchOnMount: "always" });
  return (
    <>
      <Section title="Health">
        <Answered query={health} what="The state of the vault cannot be shown">
          {(value) => <Health health={value} />}
        </Answered>
      </Section>
      <MasterKeySection />
      <KeySources />
      <RecoverySection />
      <SecretSettings />
    </>
  );
}

function Health({ health }: { readonly health: VaultHealth }) {
  const { level, whoCanRead, findings, counts } = health;
  return (
    <>
      {findings.length === 0 ? null : (
        <ul className="settings-list" aria-label="Findings">
          {findings.map((finding) => (
            <li key={finding.message}>
              <Notice tone={TONES[finding.level]} title={finding.message} next={finding.next} />
            </li>
          ))}
        </ul>
      )}
      <Facts
        facts={[
          ["Check", <Mark key="level" state={level} />],
          ["Who can read the key", whoCanRead],
          [
            "Secrets",
            `${counts.secrets.toLocaleString("en")} with ${counts.versions.toLocaleString("en")} ${counts.versions === 1 ? "version" : "versions"}, in all companies`,
          ],
        ]}
      />
    </>
  );
}

function SecretSettings() {
  const settings = useSettings("secrets");
  return (
    <Section title="Storage">
      <Answered query={settings.query} what="The settings of secrets cannot be shown">
        {({ values, restartNeeded }) => (
          <>
            <RestartNotice needed={restartNeeded} />
            <Facts
              facts={[
                ["Provider", <code key="provider">{String(values["provider"])}</code>],
                [
                  "Strict mode",
                  values["strictMode"] === true
                    ? "on: a credential in a plain value is refused when an env is saved"
                    : "off: credentials in plain values are saved",
                ],
              ]}
            />
            <KeyFileForm
              settings={settings}
              keyFilePath={typeof values["keyFilePath"] === "string" ? values["keyFilePath"] : ""}
            />
          </>
        )}
      </Answered>
    </Section>
  );
}

interface KeyFileFormProps {
  readonly settings: ReturnType<typeof useSettings>;
  readonly keyFilePath: string;
}

function KeyFileForm({ settings, keyFilePath }: KeyFileFormProps) {
  const [path, setPath] = useFollowed(keyFilePath);
  return (
    <SettingsForm
      settings={settings}
      names={["keyFilePath"]}
      save="Save key file"
      values={() => ({ keyFilePath: path.trim() === "" ? null : path.trim() })}
    >
      {() => (
        <TextField
          name="keyFilePath"
          label="Key file"
          mono
          autoComplete="off"
          value={path}
          onChange={setPath}
          placeholder="secrets/master.key"
          help={
            <>
              Where the master key is looked for; the file itself is not moved. Empty means{" "}
              <code>secrets/master.key</code> in the folder of the instance. A path in PAPERCLIP_SECRETS_MASTER_KEY_FILE
              counts more.
            </>
          }
        />
      )}
    </SettingsForm>
  );
}
