import { implementer } from "../contract/implementer.ts";
import type { Backups } from "./backups.ts";

/** The area `backups`. */
export function backupProcedures(backups: Backups) {
  const area = implementer.backups;
  return {
    list: area.list.handler(() => backups.list()),
    take: area.take.handler(({ input }) => backups.take(input.directory)),
    verify: area.verify.handler(({ input }) => backups.verify(input.file, input.prove ?? false)),
    cancel: area.cancel.handler(() => ({ cancelled: backups.cancel() })),
  };
}
