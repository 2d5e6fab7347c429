import type { SavedFile, ShellCommand } from "../../preload/contract/shell.ts";

/** A text that is handed over piece by piece, so that a long one is never held whole. */
export interface TextFile {
  /** A name that is safe on every system: ASCII letters, digits, dots and hyphens. */
  readonly name: string;
  /** Starts reading; called at most once. */
  read(): AsyncIterable<string>;
}

/** A backup that is copied to where the operator says. */
export interface BackupFile {
  /** As safe as that of a text file. */
  readonly name: string;
  readonly bytes: number;
  /** Starts reading; called at most once. */
  read(): AsyncIterable<Uint8Array>;
}

/** Takes what a page sends. The signal aborts when the page gives it up or goes. */
export type TakeUpload = (
  content: AsyncIterable<Uint8Array>,
  bytes: number,
  signal: AbortSignal,
) => Promise<{ file: string }>;

/** How a file of the operator's comes here: chosen in a dialog of the desktop, or sent by the page. */
export type Incoming =
  | {
      readonly way: "dialog";
      /** The path of a backup that the operator chose, or null. */
      choose(): Promise<string | null>;
    }
  | {
      readonly way: "upload";
      /** The address to which the page sends one file, once and within a minute; it is answered what `take` answers. */
      expect(take: TakeUpload): string;
    };

/** What shows the panel to one caller, as far as calls need it. The command line has none. */
export interface Shell {
  readonly host: "window" | "browser";
  /** Shows a folder in the file manager of the desktop; null where the host has none. Refuses with `not_available`. */
  readonly openFolder: ((folder: string) => Promise<void>) | null;
  /** Hears what the native menu asks for, until the answer is called. */
  onCommand(listener: (command: ShellCommand) => void): () => void;
  /** Hears the name of what is edited and not saved, or null where all is, for as long as the caller is connected. */
  noteUnsaved(what: string | null): void;
  saveText(file: TextFile): Promise<SavedFile>;
  saveBackup(file: BackupFile): Promise<SavedFile>;
  readonly incoming: Incoming;
}
