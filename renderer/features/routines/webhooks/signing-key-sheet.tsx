import { useLayoutEffect, useRef } from "react";
import { useDownloads } from "../../../data/downloads.ts";
import type { HeldText } from "../../../data/use-held-text.ts";
import { Notice } from "../../../ui/notice.tsx";
import { KeepingWays } from "../../../ui/sheet.tsx";
import "./webhook.css";

export interface SigningKeySheetProps {
  /** The key stands here and in the sheet, in no state and no property, and the sheet is emptied when it goes. */
  readonly signingKey: HeldText;
}

/** A signing key that was just made, this once: to copy to the sender, or to save. */
export function SigningKeySheet({ signingKey }: SigningKeySheetProps) {
  const place = useRef<HTMLElement>(null);
  const downloads = useDownloads();
  useLayoutEffect(() => {
    const shown = place.current;
    shown?.replaceChildren(signingKey.read());
    return () => shown?.replaceChildren();
  }, [signingKey]);
  return (
    <>
      <Notice
        tone="doubtful"
        title="The signing key is shown this once"
        next="Give it to the sender. A lost key is replaced by rotating it."
      />
      <p className="webhook-key">
        <code ref={place} aria-label="Signing key" />
      </p>
      <KeepingWays
        what="signing key"
        read={signingKey.read}
        file={downloads ? { name: "webhook.key", text: () => `${signingKey.read()}\n` } : null}
        autoFocus
      />
    </>
  );
}
