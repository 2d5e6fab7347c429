import { useEffect, useRef, useState } from "react";
import type { ReactNode } from "react";
import type { KeptAside, LostThings, RestorePreview } from "../../../preload/contract/restore.ts";
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
import { bytesText, instantText } from "../../ui/time-text.ts";
import { Time } from "../../ui/time.tsx";
import { say } from "../../ui/toast.tsx";
import { counted } from "../secrets/secret-words.ts";
import { LeftOut } from "./left-out.tsx";
import type { ReadableBackup } from "./opening.ts";
import type { Opening } from "./use-opening.tsx";

export interface RestoreSectionProps {
  readonly backup: ReadableBackup;
  /** Whether something is being done to a backup. */
  readonly busy: boolean;
  readonly use: Opening["use"];
  /** Where what opens it is typed, unless that is elsewhere. */
  readonly field: ReactNode | null;
  /** Told when it is in use. */
  onRestored(): void;
}

/** The way to put a backup in place: first what that would bring and cost, then the decision. */
export function RestoreSection({ backup, busy, use, field, onRestored }: RestoreSectionProps) {
  const client = useClient();
  const connected = useConnectionState().kind === "open";
  const ways = useRef<HTMLDivElement>(null);
  const [preview, setPreview] = useState<RestorePreview | null>(null);
  const [aside, setAside] = useState<readonly KeptAside[]>([]);
  const look = useAction(() => use((opening) => client.restore.preview({ file: backup.path, ...opening })));
  const restore = useAction((identity: string) =>
    use((opening) => client.restore.start({ file: backup.path, identity, ...opening })),
  );
  const show = async () => {
    restore.reset();
    setPreview(null);
    setAside([]);
    setPreview(await look.run(undefined));
  };
  const leave = () => {
    setPreview(null);
    ways.current?.querySelector("button")?.focus();
  };
  const start = async ({ identity }: RestorePreview) => {
    const done = await restore.run(identity);
    if (done === null) return;
    say("The backup is in use now. Nothing starts by itself until it is released.");
    if (done.keptAside.length === 0) return onRestored();
    // Where that is stands nowhere else, and takes longer to read than a word of success stays.
    setPreview(null);
    setAside(done.keptAside);
  };
  const failed = restore.failure ?? look.failure;
  return (
    <Section title="Put it in place">
      <p className="quiet">
        It takes the place of what is in use, which is kept for 7 days. Nothing is touched before the backup was read
        whole, loaded beside it and compared.
      </p>
      <Form
        onSubmit={(event) => {
          event.preventDefault();
          void show();
        }}
      >
        {field}
        <div ref={ways} className="backups-ways">
          <Button
            type="submit"
            isPending={look.pending}
            isDisabled={!connected || (busy && !look.pending) || restore.pending}
          >
            Preview restore
          </Button>
        </div>
      </Form>
      {failed === null ? null : <FailureNotice failure={failed} what="Nothing was restored" />}
      {preview === null ? null : (
        <Found title="What a restore would do">
          <Preview preview={preview} />
          <div className="backups-ways">
            <Button
              variant="danger"
              isPending={restore.pending}
              isDisabled={!connected || (busy && !restore.pending) || preview.refused !== null}
              onPress={() => void start(preview)}
            >
              Restore backup
            </Button>
            <Button isDisabled={restore.pending} onPress={leave}>
              Keep what is in use
            </Button>
          </div>
        </Found>
      )}
      {aside.length === 0 ? null : (
        <Found title="What stood here before">
          <p>It is kept, and there is no undo into a server.</p>
          <ul className="backups-aside">
            {aside.map(({ path, until }) => (
              <li key={path}>
                <code>{path}</code>, {until === null ? "until somebody removes it" : `until ${instantText(until)}`}
              </li>
            ))}
          </ul>
        </Found>
      )}
    </Section>
  );
}

/** What was found comes into sight with the focus, as it stands below what asked for it. */
function Found({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    place.current?.focus({ preventScroll: true });
    place.current?.scrollIntoView({ block: "start" });
  }, []);
  return (
    <div ref={place} className="backups-found" tabIndex={-1}>
      <Section level={3} title={title}>
        {children}
      </Section>
    </div>
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
          ["Taken", <Time key="at" instant={preview.takenAt} exactly />],
          ["Written by", `app ${preview.appVersion}, schema ${preview.schema}`],
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
      <LeftOut full={full} title="Not brought back" />
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
  const text = parts.join("; ");
  if (current.companies.length > 0 && !current.related) {
    return `all of what is in use, because the backup is of another instance; ${text}`;
  }
  return current.absent.length === 0 ? `since then ${text}` : `all of ${current.absent.join(", ")}; ${text}`;
}
