import path from "node:path";
import { z } from "zod";
import type { BackupEntry } from "../../preload/contract/backups.ts";
import { errorText, type Refusal } from "../contract/refusal.ts";
import type { Log } from "../instance/log.ts";
import { pastMs } from "./past.ts";
import { isWhole } from "./prune.ts";
import { makePrivateDirectory, readIfThere, writePrivateFile } from "../instance/permissions.ts";

const FILE = "automatic.json";

const failure = z.strictObject({
  at: z.iso.datetime(),
  code: z.string(),
  message: z.string(),
  next: z.string().nullable(),
});
export type Failure = z.infer<typeof failure>;

/** The last backup by interval: its file, the bytes of it, and the mark of the content before it. Earlier versions noted no bytes. */
const last = z.strictObject({ file: z.string(), mark: z.string(), bytes: z.int().optional() }).nullable();
type Last = z.infer<typeof last>;

/** What must outlast a restart of what is done by interval. */
const automaticState = z.strictObject({
  version: z.literal(1),
  last,
  /** When it was last seen that nothing had changed since. */
  unchangedAt: z.iso.datetime().nullable(),
  taking: failure.nullable(),
  proving: failure.nullable(),
  /** The same of full backups. */
  full: z
    .strictObject({ last, unchangedAt: z.iso.datetime().nullable(), taking: failure.nullable() })
    .default({ last: null, unchangedAt: null, taking: null }),
});
export type AutomaticState = z.infer<typeof automaticState>;

const NOTHING = automaticState.parse({ version: 1, last: null, unchangedAt: null, taking: null, proving: null });

/** What is noted beside the backups of how those by interval fare. */
export interface AutomaticNotes {
  read(): Promise<AutomaticState>;
  note(different: Partial<AutomaticState>): Promise<void>;
}

/** Nobody else writes the file while this process owns the instance; a full disk keeps what is noted from it at most. */
export function automaticNotes(directory: string, { log, changed }: { log: Log; changed: () => void }): AutomaticNotes {
  let known: AutomaticState | null = null;
  const read = async () => (known ??= await readState(directory));
  return {
    read,
    note: async (different) => {
      const before = await read();
      known = { ...before, ...different };
      if (shownOf(before) !== shownOf(known)) changed();
      await writeState(directory, known).catch((error: unknown) => {
        log.warn({ error }, "how backups by interval fare could not be noted");
      });
    },
  };
}

/** A file that cannot be read counts as none: a backup too many is taken then. */
async function readState(directory: string): Promise<AutomaticState> {
  const text = await readIfThere(path.join(directory, FILE));
  try {
    return automaticState.parse(JSON.parse(text ?? ""));
  } catch {
    return NOTHING;
  }
}

async function writeState(directory: string, state: AutomaticState): Promise<void> {
  await makePrivateDirectory(directory);
  await writePrivateFile(path.join(directory, FILE), `${JSON.stringify(state, null, 2)}\n`);
}

/** What of it a screen shows. */
function shownOf({ taking, proving, unchangedAt, full }: AutomaticState): string {
  return JSON.stringify([taking?.message, proving?.message, unchangedAt, full.taking?.message, full.unchangedAt]);
}

/** Whether the last backup holds what is marked so, and lies there as it was taken, as far as a look at it tells. */
export function isStillGood(one: Last, mark: string, entries: readonly BackupEntry[]): boolean {
  const entry = entries.find((found) => path.basename(found.path) === one?.file);
  if (one?.mark !== mark || entry === undefined || entry.bytes !== (one.bytes ?? entry.bytes)) return false;
  return entry.state === "sealed" || (entry.state === "ok" && isWhole(entry));
}

export function failureOf(refusal: Refusal | null, error: unknown, at: Date): Failure {
  return {
    at: at.toISOString(),
    code: refusal?.code ?? "unexpected",
    message: refusal?.message ?? errorText(error),
    next: refusal?.data.next ?? "See logs/ in the instance folder.",
  };
}

/** A failure that still counts: what was done by hand since, up to `now`, mends it too. */
export function unlessMended(failed: Failure | null, times: readonly (string | null)[], now: Date): Failure | null {
  return failed !== null && !times.some((at) => pastMs(at, now) > Date.parse(failed.at)) ? failed : null;
}
