import { useLayoutEffect, useRef } from "react";
import { useDownloads } from "../../data/downloads.ts";
import type { HeldText } from "../../data/use-held-text.ts";
import { Facts } from "../../ui/facts.tsx";
import { KeepingWays, Sheet } from "../../ui/sheet.tsx";
import { instantText } from "../../ui/time-text.ts";
import { codeGroups, sheetName, sheetText } from "./recovery-text.ts";
import type { SheetFacts } from "./recovery-text.ts";
import "./recovery-sheet.css";

export interface RecoverySheetProps {
  /** The code stands here and in the sheet, in no state and no property, and the sheet is emptied when it goes. */
  readonly code: HeldText;
  readonly facts: SheetFacts;
}

/** A recovery code in groups, to write down, copy, save or print. */
export function RecoverySheet({ code, facts }: RecoverySheetProps) {
  const groups = useRef<HTMLParagraphElement>(null);
  const downloads = useDownloads();
  useLayoutEffect(() => {
    const place = groups.current;
    place?.replaceChildren(
      ...codeGroups(code.read()).flatMap((text) => {
        const group = document.createElement("span");
        group.textContent = text;
        // A blank between groups, so that what is selected and copied by hand keeps them apart.
        return [group, " "];
      }),
    );
    return () => place?.replaceChildren();
  }, [code]);
  return (
    <>
      <Sheet
        title="Recovery code of Paperclip Desktop"
        use={
          <>
            Where the vault is locked: Settings, Vault, Open with recovery code; or{" "}
            <code>paperclip-desktop secrets key recovery open</code>. Upper or lower case and blanks do not matter.
            Whoever has this code and a copy of the database can read every secret.
          </>
        }
      >
        <p ref={groups} className="recovery-sheet-code mono" />
        <Facts
          facts={[
            ["Instance", facts.instance],
            ["Master key", <code key="key">{facts.keyId}</code>],
            ["Created", instantText(facts.createdAt)],
            ["Public half", <code key="public">{facts.recipient}</code>],
          ]}
        />
      </Sheet>
      <KeepingWays
        what="code"
        read={code.read}
        file={downloads ? { name: sheetName(facts), text: () => sheetText(code.read(), facts) } : null}
        prints
        autoFocus
      />
    </>
  );
}
