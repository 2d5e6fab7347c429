import { FailureNotice } from "../../data/failure-notice.tsx";
import { useClient } from "../../data/panel-context.tsx";
import { useReadOnly } from "../../data/status.ts";
import { useAction } from "../../data/use-action.ts";
import { Button } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Time } from "../../ui/time.tsx";
import { say } from "../../ui/toast.tsx";

/** Says that no schedule runs, and ends that. */
export function PausedNotice({ since }: { readonly since: string }) {
  const client = useClient();
  const readOnly = useReadOnly();
  const resume = useAction(() => client.scheduler.resume());
  return (
    <>
      <Notice
        tone="doubtful"
        title="All schedules are paused"
        actions={
          <Button
            isPending={resume.pending}
            isDisabled={readOnly !== null}
            onPress={() => void resume.run(undefined).then((done) => done && say("All schedules are on, from now on."))}
          >
            Resume all schedules
          </Button>
        }
      >
        They have no slots since <Time instant={since} />, and are due again from when they are resumed on. Routines can
        still be started by hand.
      </Notice>
      {resume.failure ? <FailureNotice what="The schedules were not resumed" failure={resume.failure} /> : null}
    </>
  );
}
