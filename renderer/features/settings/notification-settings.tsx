import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Answered } from "../../data/answered.tsx";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { askToNotify, notifyPermission } from "../../data/notifications.ts";
import { useQueries } from "../../data/panel-context.tsx";
import { Button } from "../../ui/button.tsx";
import { Switch } from "../../ui/field.tsx";
import { Mark } from "../../ui/mark.tsx";
import { Section } from "../../ui/page.tsx";
import { useSettings } from "./use-settings.ts";

/** What there are notifications of, and in a browser whether it shows them. */
export function NotificationSettings() {
  const settings = useSettings("notifications");
  const shell = useQuery(useQueries().shell.info.queryOptions());
  const { update, connected } = settings;
  return (
    <Section title="Notifications">
      <p className="quiet">
        On a change of state, not on each run. They say names of routines and counts, and never any output.
      </p>
      <Answered query={settings.query} what="The settings of notifications cannot be shown">
        {({ values }) => (
          <div className="settings-switches">
            <Switch
              isSelected={values["outcomes"] === true}
              isDisabled={!connected || update.pending}
              onChange={(outcomes) => void update.run({ outcomes })}
            >
              A routine begins to fail, or works again
            </Switch>
            <Switch
              isSelected={values["missed"] === true}
              isDisabled={!connected || update.pending}
              onChange={(missed) => void update.run({ missed })}
            >
              Slots were missed, or are held in the wake-up inbox
            </Switch>
          </div>
        )}
      </Answered>
      {update.failure === null ? null : <FailureNotice failure={update.failure} what="The settings were not saved" />}
      {shell.data?.host === "browser" ? <InThisBrowser /> : null}
    </Section>
  );
}

function InThisBrowser() {
  const [permission, setPermission] = useState(notifyPermission);
  switch (permission) {
    case "granted":
      return (
        <p>
          <Mark state="ok">This browser shows them while the panel is open in it.</Mark>
        </p>
      );
    case "denied":
      return (
        <p>
          <Mark state="warn">
            This browser refuses them. Allow notifications of this page in the browser&apos;s settings.
          </Mark>
        </p>
      );
    case "absent":
      return (
        <p>
          <Mark state="off">This browser has no notifications.</Mark>
        </p>
      );
    case "default":
      return (
        <div className="field-actions">
          <Button onPress={() => void askToNotify().then(setPermission)}>Allow notifications in this browser</Button>
        </div>
      );
  }
}
