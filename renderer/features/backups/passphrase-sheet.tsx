import { useQuery } from "@tanstack/react-query";
import { Copy, Download, Printer } from "lucide-react";
import { useLayoutEffect, useRef } from "react";
import type { WholeBackup } from "../../../preload/contract/backups.ts";
import { useQueries } from "../../data/panel-context.tsx";
import { Button } from "../../ui/button.tsx";
import { copyText } from "../../ui/copy-button.tsx";
import { Facts } from "../../ui/facts.tsx";
import { instantText } from "../../ui/time-text.ts";
import { say } from "../../ui/toast.tsx";
import { fileNameOf } from "./backup-words.ts";
import "./backups.css";

export interface PassphraseSheetProps {
  /** The passphrase stands here and in the sheet, in no state and no property, and the sheet is emptied when it goes. */
  readonly read: () => string;
  readonly backup: WholeBackup;
}

/** The passphrase of a full backup with what it opens, to print, save or copy. Printed, it is alone on its page. */
export function PassphraseSheet({ read, backup }: PassphraseSheetProps) {
  const text = useRef<HTMLParagraphElement>(null);
  const host = useQuery(useQueries().shell.info.queryOptions()).data?.host;
  useLayoutEffect(() => {
    const place = text.current;
    if (place) place.textContent = read();
    return () => place?.replaceChildren();
  }, [read]);
  const file = fileNameOf(backup);
  return (
    <>
      <div className="backups-sheet" data-prints-alone>
        <p className="backups-sheet-title">Passphrase of a backup of Paperclip Desktop</p>
        <p ref={text} className="backups-sheet-text mono" />
        <Facts
          facts={[
            ["Opens", <code key="file">{file}</code>],
            ["Taken", instantText(backup.takenAt)],
            ["Instance", backup.instance.id],
            ["Master key inside", backup.full?.keyId ? <code key="key">{backup.full.keyId}</code> : "none"],
          ]}
        />
        <p className="backups-sheet-use">
          Upper and lower case, hyphens and blanks matter. Without this app: <code>age -d {file} | tar -x</code>.
          Whoever has this passphrase and the file can read everything in it: keep the two apart.
        </p>
      </div>
      <div className="backups-ways">
        <Button
          icon={Copy}
          onPress={() => {
            void copyText(read()).then((done) => {
              if (done) say("The passphrase is copied. It stays in the clipboard until something else is.");
            });
          }}
        >
          Copy passphrase
        </Button>
        {/* The window of the app downloads nothing. */}
        {host === "browser" ? (
          <Button icon={Download} onPress={() => save(`${file}.passphrase.txt`, `${read()}\n`)}>
            Save to file
          </Button>
        ) : null}
        <Button icon={Printer} onPress={() => window.print()}>
          Print sheet
        </Button>
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
