import { useQuery } from "@tanstack/react-query";
import type { PrunedBackups } from "../../../preload/contract/backups.ts";
import { Answered } from "../../data/answered.tsx";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { useClient, useQueries } from "../../data/panel-context.tsx";
import { useAction } from "../../data/use-action.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog, DialogActions } from "../../ui/dialog.tsx";
import { bytesText } from "../../ui/time-text.ts";
import { Time } from "../../ui/time.tsx";
import { say } from "../../ui/toast.tsx";
import { keptText } from "./backup-words.ts";
import { Proof } from "./proof.tsx";

/** What retention keeps and what it would remove, and the way to remove it now. */
export function PruneDialog({ isOpen, onClose }: { readonly isOpen: boolean; onClose(): void }) {
  return isOpen ? <Prune onClose={onClose} /> : null;
}

function Prune({ onClose }: { onClose(): void }) {
  const client = useClient();
  const query = useQuery({
    ...useQueries().backups.prune.queryOptions({ input: { preview: true } }),
    refetchOnMount: "always",
  });
  const prune = useAction(() => client.backups.prune({}));
  const remove = async () => {
    const done = await prune.run(undefined);
    if (done === null) return;
    say(`${goneText(done)} removed.`);
    onClose();
  };
  const gone = query.data?.backups.filter(({ removedFor }) => removedFor !== null).length ?? 0;
  return (
    <Dialog title="Retention" isOpen wide onClose={onClose}>
      <p className="quiet">
        Before a backup is written, those of its kind that no tier keeps are removed. Full backups that were taken by
        hand and what cannot be read stay. The tiers are in Settings, Backups.
      </p>
      <Answered query={query} what="What would be removed cannot be shown">
        {(pruned) => <Plan pruned={pruned} />}
      </Answered>
      {prune.failure === null ? null : <FailureNotice failure={prune.failure} what="Nothing was removed" />}
      <DialogActions>
        <Button onPress={onClose}>Close</Button>
        <Button variant="danger" isDisabled={gone === 0} isPending={prune.pending} onPress={() => void remove()}>
          {gone === 0 ? "Nothing to remove" : `Remove ${gone === 1 ? "1 backup" : `${gone} backups`}`}
        </Button>
      </DialogActions>
    </Dialog>
  );
}

function Plan({ pruned }: { readonly pruned: PrunedBackups }) {
  if (pruned.backups.length === 0) return <p>There is no backup yet that retention goes by.</p>;
  return (
    // A list that scrolls is reached by the keyboard too.
    <ul className="backups-plan" aria-label="Backups by what retention makes of them" tabIndex={0}>
      {/* Each row says the same in words. */}
      <li className="backups-plan-row backups-plan-head" aria-hidden="true">
        <span>Taken</span>
        <span>Size</span>
        <span>Holds</span>
        <span>Proven</span>
        <span>Retention</span>
      </li>
      {pruned.backups.map((one) => (
        <li
          key={one.path}
          className={one.removedFor === null ? "backups-plan-row" : "backups-plan-row backups-plan-gone"}
        >
          <Time instant={one.takenAt} exactly />
          <span className="quiet">{bytesText(one.bytes)}</span>
          <span className="quiet">{one.kind === "full" ? "everything" : "database"}</span>
          <span>
            <span className="unseen">proven: </span>
            {/* Retention goes by full ones by interval alone, which the recovery code opens. */}
            <Proof backup={one.kind === "full" ? { ...one, openedBy: "recovery" } : one} />
          </span>
          <span>{one.removedFor === null ? `kept: ${keptText(one)}` : `to be removed: ${keptText(one)}`}</span>
        </li>
      ))}
    </ul>
  );
}

function goneText({ backups, freedBytes }: PrunedBackups): string {
  const gone = backups.filter(({ removedFor }) => removedFor !== null).length;
  return `${gone === 1 ? "1 backup" : `${gone} backups`}, ${bytesText(freedBytes)}`;
}
