import { implementer } from "./contract/implementer.ts";
import { Refusal } from "./contract/refusal.ts";
import type { Database } from "./database/database.ts";
import type { InstancePaths } from "./instance/paths.ts";
import { findLogFile } from "./runs/log-export.ts";
import { streamOf } from "./stream.ts";

interface Services {
  readonly database: Database;
  readonly paths: InstancePaths;
}

/** The area `shell`: what only the host of the caller's panel can do. Each connection brings its own. */
export function shellProcedures({ database, paths }: Services) {
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
  };
}
