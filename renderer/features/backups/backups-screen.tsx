import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { DatabaseBackup } from "lucide-react";
import { use, useEffect, useEffectEvent, useState } from "react";
import type { BackupEntry } from "../../../preload/contract/backups.ts";
import { Answered } from "../../data/answered.tsx";
import { CompanyContext } from "../../data/company.tsx";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { failureOf } from "../../data/failure.ts";
import { useClient, useConnectionState } from "../../data/panel-context.tsx";
import { useStatus } from "../../data/status.ts";
import { useAction } from "../../data/use-action.ts";
import { Button, buttonClass } from "../../ui/button.tsx";
import { EmptyState, Notice } from "../../ui/notice.tsx";
import { Page, Split } from "../../ui/page.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { Table } from "../../ui/table.tsx";
import type { Column } from "../../ui/table.tsx";
import { bytesText } from "../../ui/time-text.ts";
import { Time } from "../../ui/time.tsx";
import { say } from "../../ui/toast.tsx";
import { useFocusBack } from "../secrets/use-focus-back.ts";
import { BackupPane } from "./backup-pane.tsx";
import { fileNameOf, holdsText, keyText, kindText } from "./backup-words.ts";
import { ChooseNotice } from "./choose-notice.tsx";
import { EverythingDialog } from "./everything-dialog.tsx";
import { KeptNotice } from "./kept-notice.tsx";
import { Proof } from "./proof.tsx";
import { PruneDialog } from "./prune-dialog.tsx";
import { RestoreWorkNotice } from "./restore-work.tsx";
import { useBackups, useWork } from "./use-backups.ts";
import { useRestore } from "./use-restore.ts";
import { WorkNotice } from "./work-notice.tsx";
import "./backups.css";

/** What of the screen stands in its address. */
export interface BackupsSearch {
  /** The file whose details are open beside the list. */
  readonly file?: string;
  /** What is asked for first, as from the menu. */
  readonly ask?: "now" | "everything" | "restore" | "undo" | "verify";
}

/** The backups of the instance: which there are, which are proven, the next one, and the ways to take one. */
export function BackupsScreen() {
  const search: BackupsSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  const query = useBackups();
  const work = useWork();
  const restore = useRestore().data;
  const restoring = restore?.work ?? null;
  const busy = work !== null || restoring !== null;
  const [kept] = restore?.kept ?? [];
  const [pruning, setPruning] = useState(false);
  /** Where the folder cannot be read, nothing is known of what is in it. */
  const failure = query.error === null ? null : failureOf(query.error);
  const open = query.data?.backups.find((one) => fileNameOf(one) === search.file) ?? null;
  const close = () => void navigate({ to: "/backups", search: {} });
  useFocusBack(open === null ? null : fileNameOf(open), rowLinkId);
  return (
    <Page
      title="Backups"
      facts={failure === null ? <Summary /> : null}
      body="list"
      actions={
        <>
          <Button onPress={() => setPruning(true)}>Retention</Button>
          <Button onPress={() => void navigate({ to: "/backups", search: { ask: "restore" } })}>Restore…</Button>
          <Button onPress={() => void navigate({ to: "/backups", search: { ask: "everything" } })}>
            Back up everything…
          </Button>
          <TakeButton busy={busy} isAsked={search.ask === "now"} onAsked={close} />
        </>
      }
    >
      <div className={open === null ? "backups-lead" : "backups-lead backups-lead-folded"}>
        {restoring === null ? null : <RestoreWorkNotice work={restoring} />}
        {kept === undefined ? null : (
          <KeptNotice kept={kept} busy={busy} isAsked={search.ask === "undo"} onAsked={close} />
        )}
        {search.ask === "undo" && restore !== undefined && kept === undefined ? <NothingToUndo /> : null}
        {work === null ? null : <WorkNotice work={work} />}
        <Failing except={failure?.message ?? null} />
        <WithoutCode />
        {open === null && (search.ask === "restore" || search.ask === "verify") ? (
          <ChooseNotice purpose={search.ask} backups={query.data?.backups ?? null} onClose={close} />
        ) : null}
      </div>
      <Answered
        query={query}
        what="The backups cannot be shown"
        loading={<SkeletonRows rows={8} label="Loading backups" />}
      >
        {({ backups }) => (
          <Split
            list={
              backups.length === 0 ? (
                <NoBackup isAsked={search.ask === "restore"} />
              ) : (
                <Table
                  label="Backups"
                  columns={COLUMNS}
                  count={backups.length}
                  row={(index) => backups[index]}
                  rowId={fileNameOf}
                  selectedId={open === null ? null : fileNameOf(open)}
                />
              )
            }
            pane={
              open === null ? null : (
                <BackupPane
                  backup={open}
                  busy={busy}
                  purpose={search.ask === "restore" ? "restore" : "verify"}
                  onClose={close}
                />
              )
            }
          />
        )}
      </Answered>
      <EverythingDialog isOpen={search.ask === "everything"} onClose={close} />
      <PruneDialog isOpen={pruning} onClose={() => setPruning(false)} />
    </Page>
  );
}

/** The link that opens a backup; the focus comes back to it when its pane closes. */
function rowLinkId(file: string): string {
  return `backup-${file}`;
}

/** What a backup is chosen for goes on with the choice. */
function purposeOf({ ask }: BackupsSearch): Pick<BackupsSearch, "ask"> {
  return ask === "restore" || ask === "verify" ? { ask } : {};
}

/** The least widths fit where a column gives way, so that nothing scrolls sideways: 44 rem with all of them, 28 with two less. */
const COLUMNS: readonly Column<BackupEntry>[] = [
  {
    id: "when",
    title: "When",
    width: "minmax(6rem, 1fr)",
    cell: (one) => (
      <Link
        to="/backups"
        search={(before: BackupsSearch) => ({ file: fileNameOf(one), ...purposeOf(before) })}
        id={rowLinkId(fileNameOf(one))}
        className="table-link"
        aria-label={one.state === "unreadable" ? fileNameOf(one) : undefined}
      >
        {one.state === "unreadable" ? (
          <span className="truncate">{fileNameOf(one)}</span>
        ) : (
          <Time instant={one.takenAt} />
        )}
      </Link>
    ),
  },
  { id: "kind", title: "Kind", width: "minmax(6.25rem, 1.5fr)", rank: 1, cell: kindText },
  { id: "size", title: "Size", width: "5rem", align: "end", cell: ({ bytes }) => bytesText(bytes) },
  {
    id: "holds",
    title: "Holds",
    width: "minmax(5.5rem, 1.6fr)",
    rank: 2,
    cell: (one) => <span className="truncate">{holdsText(one)}</span>,
  },
  {
    id: "proven",
    title: "Proven",
    width: "minmax(6.5rem, 8.5rem)",
    cell: (one) => (one.state === "unreadable" ? null : <Proof backup={one} />),
  },
  { id: "key", title: "Key", width: "minmax(8.75rem, 1fr)", rank: 2, cell: keyText },
];

function Summary() {
  const backups = useStatus()?.backups;
  if (!backups) return null;
  const { provenAt, nextAt, count, bytes, state, full } = backups;
  return (
    <>
      <span>
        {provenAt === null ? (
          "Never proven"
        ) : (
          <>
            Proven <Time instant={provenAt} />
          </>
        )}
      </span>
      {nextAt === null ? null : (
        <span>
          next <Time instant={nextAt} reached="due" />
        </span>
      )}
      {nextAt === null && state === "off" ? <span>none by interval</span> : null}
      {full.nextAt === null ? null : (
        <span>
          everything next <Time instant={full.nextAt} reached="due" />
        </span>
      )}
      <span>
        {count} kept, {bytesText(bytes)}
      </span>
    </>
  );
}

/** What keeps backups from being taken or proven, and the way out, `except` what is told in place of the list. That a restore goes on stands above. */
function Failing({ except }: { readonly except: string | null }) {
  const problems = useStatus()?.problems.filter(({ area, code }) => area === "backups" && code !== "read_only") ?? [];
  return problems
    .filter(({ message }) => message !== except)
    .map(({ code, message, next }) => <Notice key={`${code} ${message}`} tone="bad" title={message} next={next} />);
}

/** Full backups by interval are encrypted to the recovery code: without one there are none, and a lost machine stays lost. */
function WithoutCode() {
  // On a machine on which nothing was set up there is nothing to lose yet.
  const isSetUp = use(CompanyContext) !== null;
  const status = useStatus();
  if (status?.backups.full.state !== "no_code" || !isSetUp) return null;
  // A code is made from the master key.
  const isLocked = status.vault.state === "locked";
  const make = isLocked ? "Open the vault, then make one" : "Make one";
  return (
    <Notice
      title="Nothing backs up key and files by itself yet"
      next={`Full backups by interval are encrypted to a recovery code, and there is none. ${make}, or switch them off in Settings, Backups.`}
      actions={
        <Link to="/settings" search={{ section: "secrets" }} className={buttonClass()}>
          {isLocked ? "Open the vault" : "Make a recovery code"}
        </Link>
      }
    />
  );
}

interface TakeButtonProps {
  readonly busy: boolean;
  /** Whether the operator came to take one, as from the menu: then it is taken at once. */
  readonly isAsked?: boolean;
  onAsked?(): void;
}

function TakeButton({ busy, isAsked = false, onAsked }: TakeButtonProps) {
  const client = useClient();
  const connected = useConnectionState().kind === "open";
  const ready = useStatus()?.database.state === "ready";
  const take = useAction(() => client.backups.take({}));
  const start = async () => {
    const taken = await take.run(undefined);
    if (taken === null) return;
    const stuck = taken.notRemoved.map(({ why }) => ` ${why}`).join("");
    say(`The database is backed up: ${bytesText(taken.bytes)}.${stuck}`);
  };
  const asked = useEffectEvent(() => {
    onAsked?.();
    if (!busy) void start();
  });
  useEffect(() => {
    if (isAsked && connected && ready) asked();
  }, [isAsked, connected, ready]);
  return (
    <>
      <Button
        variant="primary"
        isPending={take.pending}
        isDisabled={!connected || !ready || (busy && !take.pending)}
        onPress={() => void start()}
      >
        Back up now
      </Button>
      {take.failure === null ? null : <FailureNotice failure={take.failure} what="No backup was taken" />}
    </>
  );
}

function NothingToUndo() {
  return (
    <Notice
      title="There is no restore to undo"
      next="What was in use before a restore is kept for 7 days. Older states are in the backups below."
    />
  );
}

function NoBackup({ isAsked }: { /** Whether a file is asked for above. */ readonly isAsked: boolean }) {
  return (
    <EmptyState
      icon={DatabaseBackup}
      title="No backup yet"
      action={
        isAsked ? null : (
          <Link to="/backups" search={{ ask: "restore" }} className={buttonClass()}>
            Restore from a file…
          </Link>
        )
      }
    >
      A backup brings everything in the database back as it was at one moment. They are taken by interval while the app
      runs, and proven by restoring them.
    </EmptyState>
  );
}
