import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { dialog, shell } from "electron";
import type { BrowserWindow } from "electron";
import { Refusal } from "../../contract/refusal.ts";
import type { Shell } from "../../contract/shell.ts";
import { explainFileError, flushDirectory, PRIVATE_FILE } from "../../instance/permissions.ts";
import type { Commands } from "./commands.ts";

/** What the window can do for one page of its panel: the file manager, the menu, and native dialogs. */
export function windowShell(window: BrowserWindow, commands: Commands, noteUnsaved: Shell["noteUnsaved"]): Shell {
  return {
    host: "window",
    openFolder,
    onCommand: commands.onCommand,
    noteUnsaved,
    saveText: async (file) => {
      const { canceled, filePath } = await dialog.showSaveDialog(window, {
        title: "Save log",
        defaultPath: file.name,
        filters: [{ name: "Log", extensions: ["log", "txt"] }],
      });
      if (canceled || filePath === "") return { outcome: "cancelled" };
      await write(filePath, file.read());
      return { outcome: "saved", name: path.basename(filePath) };
    },
    saveBackup: async (file) => {
      const { canceled, filePath } = await dialog.showSaveDialog(window, {
        title: "Save a copy of the backup",
        defaultPath: file.name,
        filters: [{ name: "Backup", extensions: file.name.endsWith(".age") ? ["tar.age", "age"] : ["tar"] }],
      });
      if (canceled || filePath === "") return { outcome: "cancelled" };
      await write(filePath, file.read());
      return { outcome: "saved", name: path.basename(filePath) };
    },
    incoming: {
      way: "dialog",
      choose: async () => {
        const { canceled, filePaths } = await dialog.showOpenDialog(window, {
          title: "Choose a backup",
          properties: ["openFile"],
          filters: [
            { name: "Backups", extensions: ["tar", "age"] },
            { name: "All files", extensions: ["*"] },
          ],
        });
        return canceled ? null : (filePaths[0] ?? null);
      },
    },
  };
}

/** Shows a folder in the file manager. Refuses with `not_available` where the desktop cannot. */
export async function openFolder(folder: string): Promise<void> {
  const problem = await shell.openPath(folder);
  if (problem === "") return;
  throw new Refusal("not_available", `The folder was not opened: ${problem}.`, { next: `It is ${folder}.` });
}

/** Writes a file piece by piece beside its place and moves it there, so that one that breaks off, also by a lost disk, replaces nothing. */
async function write(file: string, content: AsyncIterable<string | Uint8Array>): Promise<void> {
  const part = `${file}.part`;
  try {
    await pipeline(Readable.from(content), createWriteStream(part, { mode: PRIVATE_FILE, flush: true }));
    await rename(part, file);
    // Not every folder can be flushed, and the file is there.
    await flushDirectory(path.dirname(file)).catch(() => undefined);
  } catch (error) {
    await rm(part, { force: true }).catch(() => undefined);
    throw explainFileError(error, `${file} was not written`);
  }
}
