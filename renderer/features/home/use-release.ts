import type { HeldItem, Released, RunChoice, SkipChoice } from "../../../preload/contract/inbox.ts";
import { useCompany } from "../../data/company.tsx";
import { useClient } from "../../data/panel-context.tsx";
import { useAction } from "../../data/use-action.ts";
import { counted } from "../secrets/secret-words.ts";
import { say } from "../../ui/toast.tsx";

export type Release =
  | { readonly does: "run"; readonly choice: RunChoice }
  | { readonly does: "skip"; readonly choice: SkipChoice };

/** Runs or skips what is held of one item, or of every routine of the company, as far as it was seen. */
export function useRelease(item: HeldItem | null, heldUntil: string) {
  const client = useClient();
  const company = useCompany();
  const which = {
    company: company.id,
    heldUntil,
    ...(item === null ? {} : { routine: item.routineId, trigger: item.triggerId }),
  };
  const release = useAction(({ does, choice }: Release) =>
    does === "run" ? client.inbox.run({ ...which, choice }) : client.inbox.skip({ ...which, choice }),
  );
  return {
    ...release,
    run: async (wanted: Release) => {
      const released = await release.run(wanted);
      if (released) say(`${item === null ? "" : `${item.routineTitle}: `}${releasedText(released)}`);
      return released;
    },
  };
}

/** What a release came to: `1 run is queued, 4 slots are skipped.` */
function releasedText({ runs, skipped, refused }: Released): string {
  const queued = runs.filter(({ status }) => status === "queued").length;
  const gaveWay = runs.length - queued;
  const parts = [
    ...(queued > 0 ? [counted(queued, "run is queued", "runs are queued")] : []),
    ...(gaveWay > 0
      ? [counted(gaveWay, "gave way to a run of the same work", "gave way to a run of the same work")]
      : []),
    ...(skipped > 0 ? [counted(skipped, "slot is skipped", "slots are skipped")] : []),
    ...(refused.length > 0 ? [counted(refused.length, "routine stays as it is", "routines stay as they are")] : []),
  ];
  return parts.length === 0 ? "nothing of it is held any more." : `${parts.join(", ")}.`;
}
