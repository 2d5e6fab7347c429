import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { History } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import type { RevisionRecord } from "../../../preload/contract/routines.ts";
import { Answered } from "../../data/answered.tsx";
import { useCompany } from "../../data/company.tsx";
import { failureOf } from "../../data/failure.ts";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { useQueries } from "../../data/panel-context.tsx";
import { useReadOnly } from "../../data/status.ts";
import { Button } from "../../ui/button.tsx";
import { Select } from "../../ui/field.tsx";
import { EmptyState, Notice } from "../../ui/notice.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { say } from "../../ui/toast.tsx";
import { fieldLabel } from "./draft.ts";
import { UNFINISHED_LINES } from "./form.ts";
import { RestoreDialog } from "./restore-dialog.tsx";
import { RevisionDiff } from "./revision-diff.tsx";
import { RevisionList } from "./revision-list.tsx";
import type { RoutineEditing } from "./use-routine-form.ts";
import "./history-tab.css";

/** Revisions that are shown at first, and those of each further page. */
const FIRST = 8;
const FURTHER = 25;

/** What is compared; null stands for what suggests itself. */
interface Chosen {
  readonly from: number | null;
  readonly to: number | null;
}

/** The revisions of a routine: what each changed, what differs between any two, and the way back. */
export function HistoryTab({ editing }: { readonly editing: RoutineEditing }) {
  const { base } = editing;
  const company = useCompany();
  const queries = useQueries();
  const list = useInfiniteQuery(
    queries.routines.revisions.infiniteOptions({
      input: (cursor: string | undefined) => ({
        company: company.id,
        routine: base.id,
        limit: cursor === undefined ? FIRST : FURTHER,
        ...(cursor === undefined ? {} : { cursor }),
      }),
      initialPageParam: undefined,
      getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
    }),
  );
  const [chosen, setChosen] = useState<Chosen>({ from: null, to: null });
  const [restored, setRestored] = useState<number | null>(null);
  const failure =
    list.error === null ? null : (
      <FailureNotice
        what="The revisions cannot be shown"
        failure={failureOf(list.error)}
        onRetry={() => void (list.data === undefined ? list.refetch() : list.fetchNextPage())}
      />
    );
  if (list.data === undefined) return failure ?? <SkeletonRows rows={FIRST} label="Loading the revisions" />;
  const revisions = list.data.pages.flatMap((page) => page.revisions);
  const latest = revisions.find(({ current }) => current)?.number ?? base.latestRevisionNumber;
  if (revisions.length === 1 && !list.hasNextPage) {
    return (
      <>
        {failure}
        <RevisionList revisions={revisions} selected={latest} restored={null} onSelect={() => {}} />
        <EmptyState icon={History} title="Only one revision">
          Each saved change appends a revision. They can be compared and restored here.
        </EmptyState>
      </>
    );
  }
  // The current revision is shown with what it changed, an older one with what has changed since.
  const from = chosen.from ?? Math.max(1, latest - 1);
  const to = chosen.to ?? latest;
  return (
    <div className="history-tab">
      <div className="history-tab-list">
        {failure}
        <RevisionList
          revisions={revisions}
          selected={to === latest && chosen.from !== null ? from : to}
          restored={restored}
          onSelect={(number) => setChosen(number === latest ? { from: null, to: null } : { from: number, to: null })}
        />
        {list.hasNextPage ? (
          <Button isPending={list.isFetchingNextPage} onPress={() => void list.fetchNextPage()}>
            Show older revisions
          </Button>
        ) : null}
      </div>
      <Compared
        editing={editing}
        revisions={revisions}
        from={from}
        to={to}
        latest={latest}
        restored={restored}
        onChoose={setChosen}
        onRestored={(number) => {
          setChosen({ from: null, to: null });
          setRestored(number);
        }}
      />
    </div>
  );
}

interface ComparedProps {
  readonly editing: RoutineEditing;
  readonly revisions: readonly RevisionRecord[];
  readonly from: number;
  readonly to: number;
  readonly latest: number;
  readonly restored: number | null;
  onChoose(chosen: Chosen): void;
  onRestored(number: number): void;
}

function Compared({ editing, revisions, from, to, latest, restored, onChoose, onRestored }: ComparedProps) {
  const company = useCompany();
  const queries = useQueries();
  const readOnly = useReadOnly();
  const [restoring, setRestoring] = useState<number | null>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const { base, changes } = editing;
  const diff = useQuery(
    queries.routines.diff.queryOptions({ input: { company: company.id, routine: base.id, from, to } }),
  );
  useEffect(() => {
    // The button that opened the dialog is gone with the selection.
    if (restored !== null) heading.current?.focus();
  }, [restored]);
  const options = revisions.map(({ number, current }) => ({
    id: String(number),
    label: current ? `r${number} current` : `r${number}`,
  }));
  const older = from === latest ? to : from;
  return (
    <section className="history-tab-compared" aria-labelledby="history-compared">
      <div className="history-tab-head">
        <h2 id="history-compared" ref={heading} tabIndex={-1}>
          {to === latest && from < latest - 1 ? `What changed since r${from}` : `From r${from} to r${to}`}
        </h2>
        <div className="history-tab-pickers">
          <Select
            label="Compare from"
            labelUnseen
            options={options}
            value={String(from)}
            onChange={(id) => onChoose({ from: Number(id), to })}
          />
          <span aria-hidden="true">↔</span>
          <Select
            label="Compare to"
            labelUnseen
            options={options}
            value={String(to)}
            onChange={(id) => onChoose({ from, to: Number(id) })}
          />
          {older === latest ? null : (
            <Button isDisabled={readOnly !== null || changes.length > 0} onPress={() => setRestoring(older)}>
              {`Restore r${older}…`}
            </Button>
          )}
        </div>
      </div>
      {changes.length > 0 && older !== latest ? (
        <Notice
          tone="doubtful"
          title="Nothing can be restored while there are unsaved changes"
          actions={<Button onPress={editing.discard}>Discard changes</Button>}
        >
          Unsaved: {changes.map(changeLabel).join(", ")}. Save or discard them first.
        </Notice>
      ) : null}
      <Answered query={diff} what="The difference cannot be shown" loading={<SkeletonRows rows={4} />}>
        {(value) => <RevisionDiff diff={value} />}
      </Answered>
      {restoring === null ? null : (
        <RestoreDialog
          base={base}
          revision={restoring}
          onClose={() => setRestoring(null)}
          onRestored={(routine) => {
            setRestoring(null);
            say(`Revision ${restoring} is restored as revision ${routine.latestRevisionNumber}.`);
            onRestored(routine.latestRevisionNumber);
          }}
        />
      )}
    </section>
  );
}

const changeLabel = (name: string): string => (name === UNFINISHED_LINES ? "lines of the env" : fieldLabel(name));
