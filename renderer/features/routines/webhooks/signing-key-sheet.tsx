import { useQuery } from "@tanstack/react-query";
import { Copy, Download } from "lucide-react";
import { useLayoutEffect, useRef } from "react";
import { useQueries } from "../../../data/panel-context.tsx";
import type { HeldText } from "../../../data/use-held-text.ts";
import { Button } from "../../../ui/button.tsx";
import { copyText } from "../../../ui/copy-button.tsx";
import { Notice } from "../../../ui/notice.tsx";
import { say } from "../../../ui/toast.tsx";
import "./webhook.css";

export interface SigningKeySheetProps {
  /** The key stands here and in the sheet, in no state and no property, and the sheet is emptied when it goes. */
  readonly signingKey: HeldText;
}

/** A signing key that was just made, this once: to copy to the sender, or to save. */
export function SigningKeySheet({ signingKey }: SigningKeySheetProps) {
  const place = useRef<HTMLElement>(null);
  const host = useQuery(useQueries().shell.info.queryOptions()).data?.host;
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
      <div className="webhook-buttons">
        <Button
          icon={Copy}
          autoFocus
          onPress={() => {
            void copyText(signingKey.read()).then((done) => {
              if (done) say("The signing key is copied. It stays in the clipboard until something else is.");
            });
          }}
        >
          Copy key
        </Button>
        {/* The window of the app downloads nothing. */}
        {host === "browser" ? (
          <Button icon={Download} onPress={() => save("webhook.key", `${signingKey.read()}\n`)}>
            Save to file
          </Button>
        ) : null}
      </div>
    </>
  );
}

/** Hands a text to the browser as a file. Its address names no content, and is good for this download only. */
function save(name: string, text: string): void {
  const href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  const link = document.createElement("a");
  link.href = href;
  link.download = name;
  link.click();
  // The download has begun once the press is over.
  window.setTimeout(() => URL.revokeObjectURL(href));
}
