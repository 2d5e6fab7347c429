import { useQuery } from "@tanstack/react-query";
import type { Actor } from "../../../preload/contract/common.ts";
import type { RoutineRecord } from "../../../preload/contract/routines.ts";
import { useCompany } from "../../data/company.tsx";
import { useQueries } from "../../data/panel-context.tsx";
import { Button } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Time } from "../../ui/time.tsx";
import { changedFields } from "./draft.ts";
import { changesText } from "./save-bar.tsx";

const WHO: Readonly<Record<Actor["type"], string>> = {
  user: "the operator, from another place",
  agent: "an agent",
  system: "the system",
  plugin: "a plugin",
};

/** Says that a later revision came in while something was typed: who changed what, and the way on. */
export function StaleBanner({
  base,
  newer,
  onReview,
}: {
  readonly base: RoutineRecord;
  readonly newer: RoutineRecord;
  onReview(): void;
}) {
  const company = useCompany();
  const { data } = useQuery(
    useQueries().routines.revisions.queryOptions({
      input: { company: company.id, routine: newer.id, limit: 1 },
    }),
  );
  const last = data?.revisions.find(({ number }) => number > base.latestRevisionNumber);
  return (
    <Notice
      tone="doubtful"
      title={`Revision ${newer.latestRevisionNumber} came in while you were editing revision ${base.latestRevisionNumber}`}
      next="What you typed is kept. Merge it with the later revision to save it."
      actions={
        <Button variant="primary" onPress={onReview}>
          Review and merge
        </Button>
      }
    >
      {last === undefined ? null : (
        <>
          Saved by {WHO[last.createdBy.type]}, <Time instant={last.createdAt} />.{" "}
          {last.changeSummary === null ? null : <q dir="auto">{last.changeSummary}</q>}{" "}
        </>
      )}
      Changed: {changesText(changedFields(base, newer))}.
    </Notice>
  );
}
