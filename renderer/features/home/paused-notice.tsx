import { FailureNotice } from "../../data/failure-notice.tsx";
import { useClient } from "../../data/panel-context.tsx";
import { useReadOnly } from "../../data/status.ts";
import { useAction } from "../../data/use-action.ts";
import { Button } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Time } from "../../ui/time.tsx";
import { say } from "../../ui/toast.tsx";

/** Says that no schedule runs and no webhook is taken, and ends that. */
export function PausedNotice({ since }: { readonly since: string }) {
  const client = useClient();
  const readOnly = useReadOnly();
  const resume = useAction(() => client.scheduler.resume());
  return (
    <>
      <Notice
        tone="doubtful"
        title="Schedules and webhooks are paused"
        actions={
          <Button
            isPending={resume.pending}
            isDisabled={readOnly !== null}
            onPress={() =>
              void resume.run(undefined).then((done) => done && say("Schedules and webhooks are on, from now on."))
            }
          >
            Resume schedules and webhooks
          </Button>
        }
      >
        Paused <Time instant={since} />. No trigger has slots until they are resumed, and then from that moment on.
        Deliveries to webhooks are refused (503), and stand in their logs. Routines can be started by hand meanwhile.
      </Notice>
      {resume.failure ? <FailureNotice what="The schedules were not resumed" failure={resume.failure} /> : null}
    </>
  );
}
