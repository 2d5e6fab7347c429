import { useRef, useState } from "react";
import type { BackupEntry } from "../../../preload/contract/backups.ts";
import type { LostThings, RestorePreview } from "../../../preload/contract/restore.ts";
import { areasText, countAreas } from "../../../preload/rules/backup-areas.ts";
import { leftTablesText } from "../../../preload/rules/left-tables.ts";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { useClient, useConnectionState } from "../../data/panel-context.tsx";
import { useAction } from "../../data/use-action.ts";
import { Button } from "../../ui/button.tsx";
import { Facts } from "../../ui/facts.tsx";
import { Form } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Section } from "../../ui/page.tsx";
import { SecretField } from "../../ui/secret-field.tsx";
import type { SecretFieldHandle } from "../../ui/secret-field.tsx";
import { bytesText } from "../../ui/time-text.ts";
import { say } from "../../ui/toast.tsx";
import { counted } from "../secrets/secret-words.ts";
import { LeftOut } from "./left-out.tsx";

export interface RestoreSectionProps {
  readonly backup: Exclude<BackupEntry, { state: "unreadable" }>;
  /** Whether something else is being done to a backup. */
  readonly busy: boolean;
}

/** The way to put a backup in place: first what that would bring and cost, then the decision. */
export function RestoreSection({ backup, busy }: RestoreSectionProps) {
  const client = useClient();
  const connected = useConnectionState().kind === "open";
  const field = useRef<SecretFieldHandle>(null);
  const [preview, setPreview] = useState<RestorePreview | null>(null);
  const byCode = backup.state === "sealed" && backup.openedBy === "recovery";
  const input = () => {
    const text = field.current?.read() ?? "";
    return { file: backup.path, ...(backup.state === "ok" ? {} : byCode ? { code: text } : { passphrase: text }) };
  };
  const look = useAction(() => client.restore.preview(input()));
  const restore = useAction(() => client.restore.start(input()));
  const start = async () => {
    const done = await restore.run(undefined);
    if (done === null) return;
    field.current?.clear();
    setPreview(null);
    say("The backup is in use now. Nothing starts by itself until it is released.");
  };
  const failed = restore.failure ?? look.failure;
  const fieldErrors = { ...look.fieldErrors, ...restore.fieldErrors };
  return (
    <Section title="Put it in place">
      <p className="quiet">
        It takes the place of what is in use, which is kept for 7 days. Nothing is touched before the backup was read
        whole, loaded beside it and compared.
      </p>
      <Form
        validationErrors={fieldErrors}
        onSubmit={(event) => {
          event.preventDefault();
          void look.run(undefined).then((found) => setPreview(found));
        }}
      >
        {backup.state === "sealed" ? (
          <SecretField
            ref={field}
            label={byCode ? "Recovery code to restore" : "Passphrase to restore"}
            lines={byCode}
            error={fieldErrors[byCode ? "code" : "passphrase"]}
          />
        ) : null}
        <div className="backups-ways">
          <Button type="submit" isPending={look.pending} isDisabled={!connected || busy || restore.pending}>
            Preview restore
          </Button>
        </div>
      </Form>
      {failed === null ? null : <FailureNotice failure={failed} what="Nothing was restored" />}
      {preview === null ? null : (
        <>
          <Preview preview={preview} />
          <div className="backups-ways">
            <Button
              variant="danger"
              isPending={restore.pending}
              isDisabled={!connected || busy || preview.refused !== null}
              onPress={() => void start()}
            >
              Restore backup
            </Button>
            <Button isDisabled={restore.pending} onPress={() => setPreview(null)}>
              Keep what is in use
            </Button>
          </div>
        </>
      )}
    </Section>
  );
}

function Preview({ preview }: { readonly preview: RestorePreview }) {
  const { keys, current, space, refused, migrations, full } = preview;
  const lost = current?.lost.filter(({ added, changed }) => added > 0 || (changed ?? 0) > 0) ?? [];
  return (
    <>
      {refused === null ? null : <Notice tone="bad" title={refused.message} next={refused.next} />}
      {keys.state === "missing" ? <Notice tone="doubtful" title={keys.message} next={keys.next} /> : null}
      <Facts
        facts={[
          ["Holds", areasText(countAreas(preview.tables))],
          ["Of", preview.instance.companies.join(", ") || "no company"],
          ["Files", full === null ? null : `${counted(full.files.count, "file")}, ${bytesText(full.files.bytes)}`],
          ["Settings", full === null ? null : full.settings.join(", ") || "none: all as by default"],
          ["Migrations", migrations === 0 ? "none are needed" : `${counted(migrations, "migration")} follow`],
          ["Not restored", leftTablesText(preview.notRestored)],
          ["Secrets", keys.state === "missing" ? "stay closed" : keys.message],
          ["Lost", lostText(current, lost)],
          ["Ended", current === null || current.running === 0 ? null : counted(current.running, "run")],
          [
            "Space",
            `about ${bytesText(space.neededBytes)} needed${space.freeBytes === null ? "" : `, ${bytesText(space.freeBytes)} free`}`,
          ],
        ]}
      />
      <LeftOut full={full} />
      {preview.notes.map((note) => (
        <p key={note} className="quiet">
          {note}
        </p>
      ))}
    </>
  );
}

function lostText(current: RestorePreview["current"], lost: readonly LostThings[]): string {
  if (current === null) return "cannot be told: the database in use does not answer";
  if (lost.length === 0) return "nothing: nothing was made or changed since";
  const parts = lost.map(({ what, added, changed }) => {
    const since = (changed ?? 0) > 0 ? `${changed} changed` : null;
    const made = added > 0 ? `${added} made` : null;
    return `${what}: ${[made, since].filter((part) => part !== null).join(", ")}`;
  });
  return current.related ? `since then ${parts.join("; ")}` : `all of what is in use, ${parts.join("; ")}`;
}
