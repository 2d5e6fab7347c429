import { useState } from "react";
import type { ReactNode } from "react";
import type { BackupEntry, VerifiedBackup } from "../../../preload/contract/backups.ts";
import { areasText, countAreas } from "../../../preload/rules/backup-areas.ts";
import { leftTablesText } from "../../../preload/rules/left-tables.ts";
import { schemaDifferencesText } from "../../../preload/rules/schema-differences.ts";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { useClient, useConnectionState } from "../../data/panel-context.tsx";
import { useAction } from "../../data/use-action.ts";
import { Button } from "../../ui/button.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Facts } from "../../ui/facts.tsx";
import { Form } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Section, SidePane, Stack } from "../../ui/page.tsx";
import { download } from "../../ui/save-file.ts";
import { bytesText } from "../../ui/time-text.ts";
import { Time } from "../../ui/time.tsx";
import { say } from "../../ui/toast.tsx";
import { counted } from "../secrets/secret-words.ts";
import { fileNameOf, holdsText, keyText, kindText, provenSchemaText } from "./backup-words.ts";
import { LeftOut } from "./left-out.tsx";
import { opensByCode } from "./opening.ts";
import type { ReadableBackup } from "./opening.ts";
import { Proof } from "./proof.tsx";
import { RestoreSection } from "./restore-section.tsx";
import { useOpening } from "./use-opening.tsx";
import type { Opening } from "./use-opening.tsx";

export interface BackupPaneProps {
  readonly backup: BackupEntry;
  /** Whether something is being done to a backup. */
  readonly busy: boolean;
  /** What it was opened for: that stands first. */
  readonly purpose: "restore" | "verify";
  onClose(): void;
}

/** One backup: what it says about itself, and the ways to find out whether it comes back. */
export function BackupPane({ backup, busy, purpose, onClose }: BackupPaneProps) {
  return (
    <SidePane title="Backup" onClose={onClose}>
      <Stack>
        <Facts
          facts={[
            [
              "File",
              <span key="file">
                <code>{fileNameOf(backup)}</code> <CopyButton text={backup.path} label="Copy path" />
              </span>,
            ],
            [
              // Its head does not say when it was taken: without its old name it is of when it came.
              isSealedElsewhere(backup) ? "Taken or came" : "Taken",
              backup.state === "unreadable" ? null : <Time key="at" instant={backup.takenAt} exactly />,
            ],
            ["Kind", kindText(backup)],
            ["Size", bytesText(backup.bytes)],
            ["Holds", backup.state === "unreadable" ? null : holdsText(backup)],
            ["Written by", backup.state === "ok" ? `app ${backup.appVersion}, schema ${backup.schema}` : null],
            ["Key", backup.state === "unreadable" ? null : keyText(backup)],
            ["Proven", backup.state === "unreadable" ? null : <Proof key="proof" backup={backup} whole />],
            ["Schema", backup.state === "unreadable" ? null : provenSchemaText(backup)],
          ]}
        />
        <SaveCopy key={`copy ${backup.path}`} file={fileNameOf(backup)} />
        {backup.state === "unreadable" ? (
          <Notice
            tone="bad"
            title="It cannot be read"
            next="Nothing removes it by itself. Move it away or remove it in the folder of backups."
          >
            {backup.problem}
          </Notice>
        ) : (
          <Ways key={backup.path} backup={backup} busy={busy} purpose={purpose} onRestored={onClose} />
        )}
      </Stack>
    </SidePane>
  );
}

function isSealedElsewhere(backup: BackupEntry): boolean {
  return backup.state === "sealed" && backup.reason === "received";
}

/** The way to keep it elsewhere, where a lost disk does not take it along. */
function SaveCopy({ file }: { readonly file: string }) {
  const client = useClient();
  const connected = useConnectionState().kind === "open";
  const save = useAction(async () => {
    const saved = await client.shell.saveBackup({ file });
    if (saved.outcome === "saved") say(`The backup is saved as ${saved.name}.`);
    if (saved.outcome === "download") download(saved.href);
  });
  return (
    <>
      <div className="backups-ways">
        <Button isPending={save.pending} isDisabled={!connected} onPress={() => void save.run(undefined)}>
          Save a copy…
        </Button>
      </div>
      {save.failure === null ? null : <FailureNotice failure={save.failure} what="No copy was saved" />}
    </>
  );
}

interface WaysProps {
  readonly backup: ReadableBackup;
  readonly busy: boolean;
  readonly purpose: "restore" | "verify";
  onRestored(): void;
}

/** What can be done with it. */
function Ways({ backup, busy, purpose, onRestored }: WaysProps) {
  const opening = useOpening(backup);
  // The field stands where it is needed first.
  const fieldOf = (of: typeof purpose) => (of === purpose ? opening.field : null);
  const verify = <Verify backup={backup} busy={busy} use={opening.use} field={fieldOf("verify")} />;
  const restore = (
    <RestoreSection backup={backup} busy={busy} use={opening.use} field={fieldOf("restore")} onRestored={onRestored} />
  );
  return purpose === "restore" ? (
    <>
      {restore}
      {verify}
    </>
  ) : (
    <>
      {verify}
      {restore}
    </>
  );
}

interface VerifyProps {
  readonly backup: ReadableBackup;
  readonly busy: boolean;
  readonly use: Opening["use"];
  /** Where what opens it is typed, unless that is elsewhere. */
  readonly field: ReactNode | null;
}

function Verify({ backup, busy, use, field }: VerifyProps) {
  const client = useClient();
  const connected = useConnectionState().kind === "open";
  const [verified, setVerified] = useState<{ readonly prove: boolean; readonly backup: VerifiedBackup } | null>(null);
  const [proving, setProving] = useState(false);
  const byCode = opensByCode(backup);
  const verify = useAction(async (prove: boolean) =>
    use((opening) => client.backups.verify({ file: backup.path, prove, ...opening })),
  );
  const start = async (prove: boolean) => {
    setProving(prove);
    setVerified(null);
    const answer = await verify.run(prove);
    if (answer === null) return;
    setVerified({ prove, backup: answer });
  };
  return (
    <Section title="Does it come back?">
      <p className="quiet">
        To verify reads it whole and holds every part against its sums. To prove also restores it into a database of its
        own, compares every table, and removes that again; nothing in use is touched.
        {byCode ? " Here only its bytes could be compared, after they were written: the code alone opens it." : null}
      </p>
      <Form
        onSubmit={(event) => {
          event.preventDefault();
          void start(true);
        }}
      >
        {field}
        <div className="backups-ways">
          <Button
            type="submit"
            isPending={verify.pending && proving}
            isDisabled={!connected || (busy && !(verify.pending && proving))}
          >
            Prove backup
          </Button>
          <Button
            isPending={verify.pending && !proving}
            isDisabled={!connected || (busy && !(verify.pending && !proving))}
            onPress={() => void start(false)}
          >
            Verify backup
          </Button>
        </div>
      </Form>
      {verify.failure === null ? null : (
        <FailureNotice
          failure={verify.failure}
          what={proving ? "The backup was not proven" : "The backup was not verified"}
        />
      )}
      {verified === null ? null : <Verified {...verified} />}
    </Section>
  );
}

function Verified({ prove, backup }: { readonly prove: boolean; readonly backup: VerifiedBackup }) {
  const { rows, tables, full } = backup;
  const left = leftTablesText(backup.notRestored);
  const differences = schemaDifferencesText(backup.schemaDifferences);
  return (
    <>
      <Notice
        tone="good"
        title={
          prove
            ? `It was restored, and every table ${left === null ? "" : "of this app "}came back the same`
            : "Every sum is right"
        }
      >
        {`${areasText(countAreas(tables))}; ${counted(rows, "row")} in ${counted(tables.length, "table")}`}
        {full === null ? "." : `, ${counted(full.files.count, "file")}, ${bytesText(full.files.bytes)}.`}
      </Notice>
      {left === null ? null : <p>{`Not restored: ${left}.`}</p>}
      {differences === null ? null : <p>{`Schema: ${differences}.`}</p>}
      {backup.notNoted === null ? null : <p>{`The proof could not be noted: ${backup.notNoted}`}</p>}
      <LeftOut full={full} title="Left out" />
    </>
  );
}
