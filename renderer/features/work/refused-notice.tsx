import { FailureNotice } from "../../data/failure-notice.tsx";
import type { Failure } from "../../data/failure.ts";
import { Notice } from "../../ui/notice.tsx";
import { messageLabel } from "./agent-form.ts";

/** Why a form was refused: where its fields say it themselves, which ones; otherwise in the control plane's words. */
export function RefusedNotice({ what, failure }: { readonly what: string; readonly failure: Failure }) {
  const labels = Object.keys(failure.fields ?? {}).map(messageLabel);
  if (labels.length === 0 || labels.includes(null)) return <FailureNotice what={what} failure={failure} />;
  return <Notice tone="bad" title={`${what}.`} next={`See ${[...new Set(labels)].join(", ")}.`} />;
}
