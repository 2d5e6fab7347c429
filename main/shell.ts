import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import path from "node:path";
import { backupToCopy } from "./backup/copy.ts";
import type { Receiver } from "./backup/receive.ts";
import { implementer } from "./contract/implementer.ts";
import { errorText, Refusal } from "./contract/refusal.ts";
import type { Database } from "./database/database.ts";
import type { InstancePaths } from "./instance/paths.ts";
import { findLogFile } from "./runs/log-export.ts";
import { streamOf } from "./stream.ts";

interface Services {
  readonly database: Database;
  readonly paths: InstancePaths;
  readonly receiver: Receiver;
}

/** The area `shell`: what only the host of the caller's panel can do. Each connection brings its own. */
export function shellProcedures({ database, paths, receiver }: Services) {
  const area = implementer.shell;
  return {
    info: area.info.handler(({ context: { shell } }) => ({
      host: shell?.host ?? ("control" as const),
      platform: process.platform,
      canOpenFolder: (shell?.openFolder ?? null) !== null,
    })),
    commands: area.commands.handler(({ context: { shell }, signal }) =>
      streamOf((listener) => shell?.onCommand(listener) ?? (() => undefined), signal),
    ),
    unsaved: area.unsaved.handler(({ input, context: { shell } }) => {
      shell?.noteUnsaved(input.what);
      return { noted: true as const };
    }),
    openDataFolder: area.openDataFolder.handler(async ({ context: { shell } }) => {
      if (!shell?.openFolder) {
        throw new Refusal("not_available", "The instance folder can be shown from the window only.", {
          next: `It is ${paths.root}.`,
        });
      }
      await shell.openFolder(paths.root);
      return { opened: true as const };
    }),
    saveLog: area.saveLog.handler(async ({ input, context: { shell } }) => {
      if (!shell) {
        throw new Refusal("not_available", "A log is saved from the panel only.", {
          next: `Write it to a file: \`paperclip-desktop runs logs ${input.run} > run.log\``,
        });
      }
      return shell.saveText(await findLogFile(database.orm, paths, input));
    }),
    saveBackup: area.saveBackup.handler(async ({ input, context: { shell } }) => {
      if (!shell) {
        throw new Refusal("not_available", "A copy of a backup is saved from the panel only.", {
          next: `Copy the file; the folder of backups is ${paths.backups}.`,
        });
      }
      return shell.saveBackup(await backupToCopy(paths.backups, input.file));
    }),
    addBackup: area.addBackup.handler(async ({ input, context: { shell }, signal }) => {
      if (!shell) {
        throw new Refusal("not_available", "A backup from elsewhere is added from the panel only.", {
          next: "A restore takes any file by its path: `paperclip-desktop db:restore FILE --preview`",
        });
      }
      const { incoming } = shell;
      if (incoming.way === "dialog") {
        const chosen = await incoming.choose();
        if (chosen === null) return { outcome: "cancelled" as const };
        const name = path.basename(chosen);
        const { size: bytes } = await stat(chosen).catch((error: unknown) => {
          throw new Refusal("backup_missing", `${name} was not read: ${errorText(error)}`, {}, error);
        });
        const file = await receiver.receive({ name, bytes }, createReadStream(chosen), signal);
        return { outcome: "added" as const, file };
      }
      const { file } = input;
      if (file === undefined) throw new Refusal("invalid_input", "It was not said which file is to be sent.");
      await receiver.check(file);
      const href = incoming.expect(async (content, bytes, signal) => ({
        file: await receiver.receive({ name: file.name, bytes }, content, signal),
      }));
      return { outcome: "upload" as const, href };
    }),
  };
}
