import type { RestoreHold } from "../../../preload/contract/restore.ts";
import { useClient } from "../../data/panel-context.tsx";
import { useAction } from "../../data/use-action.ts";
import { focusHeading } from "../../ui/focus-heading.ts";
import { Time } from "../../ui/time.tsx";
import { say } from "../../ui/toast.tsx";
import { counted } from "../secrets/secret-words.ts";

/** Ends that nothing starts by itself since a restore; what waits in the queue is started or cancelled. */
export function useReleaseRestored() {
  const client = useClient();
  const release = useAction((queued: "start" | "cancel") => client.restore.release({ queued }));
  return {
    ...release,
    run: async (queued: "start" | "cancel") => {
      if ((await release.run(queued)) === null) return;
      say("Schedules and webhooks work again, from now on.");
      focusHeading();
    },
  };
}

/** What is held since a restore, and of when the database is. */
export function RestoreHoldWords({ held }: { readonly held: RestoreHold }) {
  const waiting = held.queued === 0 ? "" : `, and ${counted(held.queued, "run waits", "runs wait")} in the queue`;
  return (
    <>
      {held.kind === "restore" ? "The database is that of " : "The database was put back to that of "}
      <Time instant={held.stateOf} exactly />. Schedules and webhooks are held{waiting}.
    </>
  );
}
