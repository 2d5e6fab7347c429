import path from "node:path";
import { z } from "zod";
import { makePrivateDirectory, readIfThere, writePrivateFile } from "../instance/permissions.ts";

const FILE = "automatic.json";

const failure = z.strictObject({
  at: z.iso.datetime(),
  code: z.string(),
  message: z.string(),
  next: z.string().nullable(),
});
export type Failure = z.infer<typeof failure>;

/** What must outlast a restart of what is done by interval. */
const automaticState = z.strictObject({
  version: z.literal(1),
  /** The last backup by interval: its file, and the mark of the database's content before it. */
  last: z.strictObject({ file: z.string(), mark: z.string() }).nullable(),
  /** When it was last seen that nothing had changed since. */
  unchangedAt: z.iso.datetime().nullable(),
  taking: failure.nullable(),
  proving: failure.nullable(),
});
export type AutomaticState = z.infer<typeof automaticState>;

const NOTHING: AutomaticState = { version: 1, last: null, unchangedAt: null, taking: null, proving: null };

/** What is noted beside the backups; a file that cannot be read counts as none: a backup too many is taken then. */
export async function readAutomaticState(directory: string): Promise<AutomaticState> {
  const text = await readIfThere(path.join(directory, FILE));
  try {
    return automaticState.parse(JSON.parse(text ?? ""));
  } catch {
    return NOTHING;
  }
}

export async function writeAutomaticState(directory: string, state: AutomaticState): Promise<void> {
  await makePrivateDirectory(directory);
  await writePrivateFile(path.join(directory, FILE), `${JSON.stringify(state, null, 2)}\n`);
}
