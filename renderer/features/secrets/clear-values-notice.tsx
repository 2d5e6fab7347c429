import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Notice } from "../../ui/notice.tsx";
import { ClearValuesReview } from "./clear-values-review.tsx";
import { counted } from "./secret-words.ts";
import { useClearValues } from "./use-clear-values.ts";

/** Says how many credentials stand in plain values, and leads to what can be done; nothing where there is none. */
export function ClearValuesNotice() {
  const query = useClearValues();
  const [reviewing, setReviewing] = useState(false);
  const count = query.data?.findings.length ?? 0;
  return (
    <>
      {count === 0 ? null : (
        <Notice
          tone="doubtful"
          title={`${counted(count, "credential stands", "credentials stand")} in clear in plain values`}
          actions={<Button onPress={() => setReviewing(true)}>Review values in clear</Button>}
        >
          Whoever can read the database or a backup of it reads {count === 1 ? "it" : "them"} too. As a secret it is
          sealed, and hidden in the output of runs.
        </Notice>
      )}
      <Dialog title="Credentials in plain values" wide isOpen={reviewing} onClose={() => setReviewing(false)}>
        <ClearValuesReview onClose={() => setReviewing(false)} />
      </Dialog>
    </>
  );
}
