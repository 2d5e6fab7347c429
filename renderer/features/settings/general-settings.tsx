import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Answered } from "../../data/answered.tsx";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { useClient, useQueries } from "../../data/panel-context.tsx";
import { chooseTheme, chosenTheme, THEMES } from "../../data/theme.ts";
import { useAction } from "../../data/use-action.ts";
import { Button } from "../../ui/button.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Facts } from "../../ui/facts.tsx";
import { Select } from "../../ui/field.tsx";
import { Kbd } from "../../ui/kbd.tsx";
import { Section } from "../../ui/page.tsx";
import { Time } from "../../ui/time.tsx";
import { NotificationSettings } from "./notification-settings.tsx";
import { RunSettings } from "./run-settings.tsx";
import { WebhookSettings } from "./webhook-settings.tsx";
import "./settings.css";

const THEME_OPTIONS = [
  { id: "system", label: "As the system" },
  { id: "light", label: "Light" },
  { id: "dark", label: "Dark" },
] as const;

const OWNERS = {
  window: "the window",
  serve: "a server for a browser (`serve`)",
  command: "a command; it leaves when its work is done",
} as const;

/** The panel itself, what runs, and how many runs may. */
export function GeneralSettings() {
  return (
    <>
      <Appearance />
      <NotificationSettings />
      <RunSettings />
      <WebhookSettings />
      <Instance />
      <Section title="Keyboard">
        <Facts
          facts={[
            ["Go to a screen, a routine, a secret", <Kbd key="palette" keys="mod+k" />],
            [
              "Next or previous row of a list",
              <span key="rows">
                <Kbd keys="↑" /> <Kbd keys="↓" />
              </span>,
            ],
            [
              "First or last row",
              <span key="ends">
                <Kbd keys="Home" /> <Kbd keys="End" />
              </span>,
            ],
            ["Open a row", <Kbd key="open" keys="Enter" />],
            ["Close details or a dialog", <Kbd key="close" keys="Esc" />],
          ]}
        />
      </Section>
    </>
  );
}

function Appearance() {
  const [theme, setTheme] = useState(chosenTheme);
  return (
    <Section title="Appearance">
      <div className="settings-field">
        <Select
          label="Theme"
          help="Kept in this browser or window only."
          options={THEME_OPTIONS}
          value={theme}
          onChange={(id) => {
            const chosen = THEMES.find((each) => each === id) ?? "system";
            chooseTheme(chosen);
            setTheme(chosen);
          }}
        />
      </div>
    </Section>
  );
}

function Instance() {
  const queries = useQueries();
  const status = useQuery(queries.system.status.queryOptions());
  const shell = useQuery(queries.shell.info.queryOptions());
  const client = useClient();
  const open = useAction(() => client.shell.openDataFolder());
  return (
    <Section
      title="This instance"
      actions={
        shell.data?.canOpenFolder ? (
          <Button isPending={open.pending} onPress={() => void open.run(undefined)}>
            Open data folder
          </Button>
        ) : null
      }
    >
      {open.failure === null ? null : <FailureNotice failure={open.failure} what="The data folder was not opened" />}
      <Answered query={status} what="The instance cannot be shown">
        {({ version, instance, owner }) => (
          <Facts
            facts={[
              ["Paperclip Desktop", version],
              ["Instance", <code key="id">{instance.id}</code>],
              [
                "Folder",
                <span key="folder" className="settings-copied">
                  <code>{instance.root}</code>
                  <CopyButton text={instance.root} label="Copy folder" />
                </span>,
              ],
              ["Held open by", ownerText(owner.kind)],
              [
                "Process",
                <span key="pid" className="tabular">
                  {owner.pid}
                </span>,
              ],
              ["Started", <Time key="started" instant={owner.startedAt} exactly />],
            ]}
          />
        )}
      </Answered>
    </Section>
  );
}

function ownerText(kind: keyof typeof OWNERS) {
  const [before, command, after] = OWNERS[kind].split("`");
  return command === undefined ? (
    before
  ) : (
    <>
      {before}
      <code>{command}</code>
      {after}
    </>
  );
}
