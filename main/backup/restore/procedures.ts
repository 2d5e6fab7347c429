import { implementer } from "../../contract/implementer.ts";
import type { Opening } from "../full/read.ts";
import type { Restores } from "./restores.ts";

/** The area `restore`. */
export function restoreProcedures(restores: Restores) {
  const area = implementer.restore;
  return {
    state: area.state.handler(() => restores.state()),
    preview: area.preview.handler(({ input }) => restores.preview(input.file, openingOf(input))),
    start: area.start.handler(({ input }) => restores.restore(input.file, openingOf(input), input.identity)),
    undo: area.undo.handler(({ input }) => restores.undo(input.id)),
    release: area.release.handler(async ({ input }) => {
      const { triggers, queued } = await restores.release(input.queued ?? "start");
      return { released: true as const, triggers, queued };
    }),
    cancel: area.cancel.handler(() => ({ cancelled: restores.cancel() })),
  };
}

const openingOf = ({ passphrase, code }: Opening): Opening => ({ passphrase, code });
