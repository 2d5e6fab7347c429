import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { RestorePreview, RoutineRecord } from "../../../preload/contract/routines.ts";
import { useCompany } from "../../data/company.tsx";
import { failureOf } from "../../data/failure.ts";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { useClient, useQueries } from "../../data/panel-context.tsx";
import { useReadOnly } from "../../data/status.ts";
import { useAction } from "../../data/use-action.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog, DialogActions } from "../../ui/dialog.tsx";
import { Checkbox, FieldMessages, TextField } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { shortId } from "../environment/reference-state.ts";
import { isEmptyDiff, RevisionDiff } from "./revision-diff.tsx";
import { envCounts } from "./env-counts.ts";

export interface RestoreDialogProps {
  /** The routine as it is now. */
  readonly base: RoutineRecord;
  readonly revision: number;
  onClose(): void;
  onRestored(routine: RoutineRecord): void;
}

/** What restoring a revision would change, before it is done; references that are gone are left out by choice. */
export function RestoreDialog({ base, revision, onClose, onRestored }: RestoreDialogProps) {
  const company = useCompany();
  const client = useClient();
  const readOnly = useReadOnly();
  const queries = useQueries();
  const [leaveOut, setLeaveOut] = useState<readonly string[]>([]);
  const [summary, setSummary] = useState("");
  // The revision against which the operator looked at what it would change.
  const [seen, setSeen] = useState(base.latestRevisionId);
  const overtaken = seen !== base.latestRevisionId;
  const input = { company: company.id, routine: base.id, revision };
  const preview = useQuery(queries.routines.restorePreview.queryOptions({ input, staleTime: 0 }));
  const gone = preview.data?.gone ?? [];
  const undecided = gone.filter(({ key }) => !leaveOut.includes(key));
  const restore = useAction(() =>
    client.routines.restore({
      ...input,
      // A choice about a key that is no longer gone is no choice.
      leaveOut: leaveOut.filter((key) => gone.some((one) => one.key === key)),
      baseRevisionId: seen,
      ...(summary.trim() === "" ? {} : { changeSummary: summary.trim() }),
    }),
  );
  const submit = async () => {
    const restored = await restore.run(undefined);
    if (restored !== null) return onRestored(restored);
    // What made it fail may be in the preview by now: a revision in between, a secret that went.
    void preview.refetch();
  };
  return (
    <Dialog title={`Restore revision ${revision} of ${base.title}?`} isOpen onClose={onClose} wide>
      {preview.data === undefined ? (
        preview.error === null ? (
          <SkeletonRows rows={4} label="Loading what it would change" />
        ) : (
          <FailureNotice
            what="What it would change cannot be shown"
            failure={failureOf(preview.error)}
            onRetry={() => void preview.refetch()}
          />
        )
      ) : (
        <>
          <Words preview={preview.data} latest={base.latestRevisionNumber} />
          {gone.length === 0 ? null : (
            <Notice tone="doubtful" title={gone.length === 1 ? "A secret is gone" : `${gone.length} secrets are gone`}>
              <p>
                {gone.length === 1
                  ? "Its key cannot be bound again and is"
                  : "Their keys cannot be bound again and are"}{" "}
                left out of the copy.
              </p>
              {gone.map(({ key, secretId, reason }) => (
                <p key={key}>
                  <Checkbox
                    isSelected={leaveOut.includes(key)}
                    onChange={(leave) =>
                      setLeaveOut(leave ? [...leaveOut, key] : leaveOut.filter((each) => each !== key))
                    }
                  >
                    <span>
                      Leave out <code>{key}</code>: the secret {secretName(preview.data, key) ?? shortId(secretId)}{" "}
                      {REASONS[reason]}
                    </span>
                  </Checkbox>
                </p>
              ))}
            </Notice>
          )}
          {isEmptyDiff(preview.data.diff) ? (
            <p className="quiet">It holds the same as the current revision.</p>
          ) : (
            <RevisionDiff diff={preview.data.diff} />
          )}
          <FieldMessages messages={restore.fieldErrors}>
            <TextField
              name="changeSummary"
              validationBehavior="aria"
              label="Change summary"
              optional
              autoComplete="off"
              maxLength={500}
              placeholder={`Restored from revision ${revision}`}
              value={summary}
              onChange={setSummary}
            />
          </FieldMessages>
        </>
      )}
      {overtaken ? (
        <Notice
          tone="doubtful"
          title={`Revision ${base.latestRevisionNumber} came in between`}
          actions={
            <Button
              onPress={() => {
                restore.reset();
                setSeen(base.latestRevisionId);
              }}
            >
              {`Go on from revision ${base.latestRevisionNumber}`}
            </Button>
          }
        >
          What the restore would change is shown against it now.
        </Notice>
      ) : restore.failure === null ? null : (
        <FailureNotice failure={restore.failure} what={`Revision ${revision} was not restored`} />
      )}
      <DialogActions>
        <Button onPress={onClose}>Cancel</Button>
        <Button
          variant="primary"
          isPending={restore.pending}
          isDisabled={
            readOnly !== null ||
            overtaken ||
            preview.data === undefined ||
            undecided.length > 0 ||
            revision === base.latestRevisionNumber
          }
          onPress={() => void submit()}
        >
          {`Restore revision ${revision}`}
        </Button>
      </DialogActions>
    </Dialog>
  );
}

const REASONS: Readonly<Record<RestorePreview["gone"][number]["reason"], string>> = {
  secret_missing: "does not exist any more",
  secret_deleted: "is deleted",
  secret_foreign: "belongs to another company",
};

/** The key of the secret that a key would refer to, where the diff still knows it. */
function secretName({ diff }: RestorePreview, key: string): string | null {
  const to = diff.env.find((change) => change.key === key)?.to ?? null;
  const name = to?.slice(0, to.lastIndexOf(" ")) ?? "";
  return name === "" || /^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(name) ? null : name;
}

function Words({ preview, latest }: { readonly preview: RestorePreview; readonly latest: number }) {
  const { diff, warnings } = preview;
  return (
    <>
      <p>
        A copy of revision {preview.revision} becomes revision {latest + 1}; nothing is lost. {envCounts(diff.env)} The
        state of the routine stays.
      </p>
      {warnings.length === 0 ? null : (
        <Notice
          tone="doubtful"
          title={warnings.length === 1 ? "To know before" : `${warnings.length} things to know before`}
        >
          <ul>
            {warnings.map((warning) => (
              <li key={warning} dir="auto">
                {warning}
              </li>
            ))}
          </ul>
        </Notice>
      )}
    </>
  );
}
