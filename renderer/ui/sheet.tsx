import { Copy, Download, Printer } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "./button.tsx";
import { copyText } from "./copy-button.tsx";
import { saveFile } from "./save-file.ts";
import { say } from "./toast.tsx";
import "./sheet.css";

export interface SheetProps {
  /** On paper only, as its heading. */
  readonly title: string;
  /** On paper only: what it is for, where the one who finds it has nothing else. */
  readonly use: ReactNode;
  readonly children: ReactNode;
}

/** What is to be kept outside the app. Printed, it is alone on its page. */
export function Sheet({ title, use, children }: SheetProps) {
  return (
    <div className="sheet" data-prints-alone>
      <p className="sheet-title">{title}</p>
      {children}
      <p className="sheet-use">{use}</p>
    </div>
  );
}

export interface KeepingWaysProps {
  /** What it is called, such as `code`. */
  readonly what: string;
  /** The text itself is asked for when one of the ways is taken, and held in no property. */
  read(): string;
  /** The file that it can be saved as, or null where the host downloads nothing. */
  readonly file: { readonly name: string; text(): string } | null;
  readonly prints?: boolean;
  readonly autoFocus?: boolean;
}

/** The ways to keep a text that is shown this once: to copy, save and print it. */
export function KeepingWays({ what, read, file, prints = false, autoFocus = false }: KeepingWaysProps) {
  return (
    <div className="sheet-ways">
      <Button
        icon={Copy}
        autoFocus={autoFocus}
        onPress={() => {
          void copyText(read()).then((done) => {
            if (done) say(`The ${what} is copied. It stays in the clipboard until something else is.`);
          });
        }}
      >
        Copy {what}
      </Button>
      {file === null ? null : (
        <Button icon={Download} onPress={() => saveFile(file.name, file.text())}>
          Save to file
        </Button>
      )}
      {prints ? (
        <Button icon={Printer} onPress={() => window.print()}>
          Print sheet
        </Button>
      ) : null}
    </div>
  );
}
