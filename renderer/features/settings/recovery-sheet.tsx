import { useQuery } from "@tanstack/react-query";
import { Copy, Download, Printer } from "lucide-react";
import { useLayoutEffect, useRef } from "react";
import { useQueries } from "../../data/panel-context.tsx";
import { Button } from "../../ui/button.tsx";
import { copyText } from "../../ui/copy-button.tsx";
import { Facts } from "../../ui/facts.tsx";
import { instantText } from "../../ui/time-text.ts";
import { saveFile } from "../../ui/save-file.ts";
import { say } from "../../ui/toast.tsx";
import { codeGroups, sheetName, sheetText } from "./recovery-text.ts";
import type { SheetFacts } from "./recovery-text.ts";
import type { HeldText } from "../../data/use-held-text.ts";
import "./recovery-sheet.css";

export interface RecoverySheetProps {
  /** The code stands here and in the sheet, in no state and no property, and the sheet is emptied when it goes. */
  readonly code: HeldText;
  readonly facts: SheetFacts;
}

/** A recovery code in groups, to write down, copy, save or print. Printed, it is alone on its page. */
export function RecoverySheet({ code, facts }: RecoverySheetProps) {
  const groups = useRef<HTMLParagraphElement>(null);
  const host = useQuery(useQueries().shell.info.queryOptions()).data?.host;
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
      <div className="recovery-sheet" data-prints-alone>
        <p className="recovery-sheet-title">Recovery code of Paperclip Desktop</p>
        <p ref={groups} className="recovery-sheet-code mono" />
        <Facts
          facts={[
            ["Instance", facts.instance],
            ["Master key", <code key="key">{facts.keyId}</code>],
            ["Created", instantText(facts.createdAt)],
            ["Public half", <code key="public">{facts.recipient}</code>],
          ]}
        />
        <p className="recovery-sheet-use">
          Where the vault is locked: Settings, Vault, Open with recovery code; or{" "}
          <code>paperclip-desktop secrets key recovery open</code>. Upper or lower case and blanks do not matter.
          Whoever has this code and a copy of the database can read every secret.
        </p>
      </div>
      <div className="recovery-sheet-ways">
        <Button
          icon={Copy}
          autoFocus
          onPress={() => {
            void copyText(code.read()).then((done) => {
              if (done) say("The code is copied. It stays in the clipboard until something else is.");
            });
          }}
        >
          Copy code
        </Button>
        {/* The window of the app downloads nothing. */}
        {host === "browser" ? (
          <Button icon={Download} onPress={() => saveFile(sheetName(facts), sheetText(code.read(), facts))}>
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
