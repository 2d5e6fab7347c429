import { useRef } from "react";
import { Answered } from "../../data/answered.tsx";
import { Facts } from "../../ui/facts.tsx";
import { Select } from "../../ui/field.tsx";
import { Section } from "../../ui/page.tsx";
import { SecretField } from "../../ui/secret-field.tsx";
import type { SecretFieldHandle } from "../../ui/secret-field.tsx";
import { RestartNotice } from "./restart-notice.tsx";
import { SettingsForm } from "./settings-form.tsx";
import { useFollowed } from "./use-followed.ts";
import { useSettings } from "./use-settings.ts";

const MODES = [
  { id: "embedded", label: "PostgreSQL of this instance" },
  { id: "postgres", label: "A PostgreSQL server of yours" },
] as const;

type Mode = (typeof MODES)[number]["id"];

/** Which database is opened at the next start. */
export function ConnectionSettings() {
  const settings = useSettings("database");
  return (
    <Section title="Connection">
      <Answered query={settings.query} what="The settings of the database cannot be shown">
        {({ values, restartNeeded }) => (
          <>
            <RestartNotice needed={restartNeeded} />
            <ConnectionForm
              settings={settings}
              mode={values["mode"] === "postgres" ? "postgres" : "embedded"}
              address={typeof values["connectionString"] === "string" ? values["connectionString"] : null}
            />
          </>
        )}
      </Answered>
    </Section>
  );
}

interface ConnectionFormProps {
  readonly settings: ReturnType<typeof useSettings>;
  readonly mode: Mode;
  /** The saved connection string with its password left out, or null. */
  readonly address: string | null;
}

function ConnectionForm({ settings, mode: saved, address }: ConnectionFormProps) {
  const [mode, setMode] = useFollowed<Mode>(saved);
  const entry = useRef<SecretFieldHandle>(null);
  return (
    <SettingsForm
      settings={settings}
      names={["mode", "connectionString"]}
      save="Save connection"
      values={() => {
        const typed = entry.current?.read().trim() ?? "";
        return { mode, ...(typed === "" ? {} : { connectionString: typed }) };
      }}
      onSaved={() => entry.current?.clear()}
    >
      {(errors) => (
        <>
          <Select
            name="mode"
            label="Database"
            help="Data is not moved from one to the other. A DATABASE_URL in the environment counts more than this."
            options={MODES}
            value={mode}
            onChange={(id) => setMode(id === "postgres" ? "postgres" : "embedded")}
          />
          {mode === "postgres" ? (
            <>
              {address === null ? null : <Facts facts={[["Saved address", <code key="address">{address}</code>]]} />}
              <SecretField
                ref={entry}
                label={address === null ? "Address" : "New address"}
                error={errors["connectionString"]}
                help={
                  <>
                    Such as <code>postgres://user:password@host:5432/name</code>. It is hidden because it may hold a
                    password{address === null ? "." : "; empty keeps the saved one."}
                  </>
                }
              />
            </>
          ) : null}
        </>
      )}
    </SettingsForm>
  );
}
