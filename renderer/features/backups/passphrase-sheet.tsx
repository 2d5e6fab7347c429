import { useLayoutEffect, useRef } from "react";
import type { WholeBackup } from "../../../preload/contract/backups.ts";
import { useDownloads } from "../../data/downloads.ts";
import { Facts } from "../../ui/facts.tsx";
import { KeepingWays, Sheet } from "../../ui/sheet.tsx";
import { instantText, zoneHere } from "../../ui/time-text.ts";
import { fileNameOf } from "./backup-words.ts";
import "./backups.css";

export interface PassphraseSheetProps {
  /** The passphrase stands here and in the sheet, in no state and no property, and the sheet is emptied when it goes. */
  readonly read: () => string;
  readonly backup: WholeBackup;
}

/** The passphrase of a full backup with what it opens, to print, save or copy. */
export function PassphraseSheet({ read, backup }: PassphraseSheetProps) {
  const text = useRef<HTMLParagraphElement>(null);
  const downloads = useDownloads();
  useLayoutEffect(() => {
    const place = text.current;
    if (place) place.textContent = read();
    return () => place?.replaceChildren();
  }, [read]);
  const file = fileNameOf(backup);
  return (
    <>
      <Sheet
        title="Passphrase of a backup of Paperclip Desktop"
        use={
          <>
            Upper and lower case, hyphens and blanks matter. Without this app: <code>age -d {file} | tar -x</code>.
            Whoever has this passphrase and the file can read everything in it: keep the two apart.
          </>
        }
      >
        <p ref={text} className="backups-passphrase mono" />
        <Facts
          facts={[
            ["Opens", <code key="file">{file}</code>],
            ["Taken", `${instantText(backup.takenAt)} ${zoneHere()}`],
            ["Instance", backup.instance.id],
            ["Master key inside", backup.full?.keyId ? <code key="key">{backup.full.keyId}</code> : "none"],
          ]}
        />
      </Sheet>
      <KeepingWays
        what="passphrase"
        read={read}
        file={downloads ? { name: `${file}.passphrase.txt`, text: () => `${read()}\n` } : null}
        prints
      />
    </>
  );
}
