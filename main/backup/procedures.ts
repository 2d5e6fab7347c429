import { implementer } from "../contract/implementer.ts";
import type { Backups } from "./backups.ts";

interface Services {
  readonly backups: Backups;
  /** What a subscription delivers, as a stream. */
  readonly streamOf: <Event>(
    subscribe: (listener: (event: Event) => void) => () => void,
    signal: AbortSignal | undefined,
  ) => AsyncGenerator<Event, void, undefined>;
}

/** The area `backups`. */
export function backupProcedures({ backups, streamOf }: Services) {
  const area = implementer.backups;
  return {
    list: area.list.handler(() => backups.list()),
    follow: area.follow.handler(({ signal }) => streamOf(backups.follow, signal)),
    take: area.take.handler(({ input }) => backups.take(input)),
    takeFull: area.takeFull.handler(({ input }) => backups.takeFull(input)),
    verify: area.verify.handler(({ input: { file, prove, ...opening } }) =>
      backups.verify(file, prove ?? false, opening),
    ),
    prune: area.prune.handler(({ input }) => backups.prune(input.preview ?? false, input.retentionPreset)),
    cancel: area.cancel.handler(() => ({ cancelled: backups.cancel() })),
  };
}
