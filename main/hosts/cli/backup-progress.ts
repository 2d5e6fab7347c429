import type { BackupWork } from "../../../preload/contract/backups.ts";
import type { ContractClient } from "../../control-plane-port.ts";
import { byteCount, plural } from "./format.ts";
import { unlessGivenUp } from "./give-up.ts";
import type { Invocation } from "./invocation.ts";

/** Milliseconds between two lines of progress. */
const SAY_MS = 2_000;

/**
 * Does work on a backup and says on standard error how far it is, where it takes long. An interrupted command gives the work up,
 * wherever it runs; `undone` says what did not come about then.
 */
export async function withProgress<Answer>(
  { output, signal, host }: Pick<Invocation, "output" | "signal" | "host">,
  client: ContractClient,
  undone: string,
  work: () => Promise<Answer>,
): Promise<Answer> {
  const ended = new AbortController();
  const following = followWork(client, ended.signal, host.clock, (text) => output.progress(text));
  try {
    return await unlessGivenUp(signal, { cancel: () => client.backups.cancel(), undone }, work);
  } finally {
    ended.abort();
    await following;
  }
}

async function followWork(
  client: ContractClient,
  signal: AbortSignal,
  clock: Invocation["host"]["clock"],
  say: (text: string) => void,
): Promise<void> {
  let saidMs = clock.monotonicMs();
  try {
    for await (const work of await client.backups.follow(undefined, { signal })) {
      if (work === null || clock.monotonicMs() - saidMs < SAY_MS) continue;
      saidMs = clock.monotonicMs();
      say(workText(work));
    }
  } catch {
    // How far it is is not what the command is about.
  }
}

const DOING = {
  taking: "Backing up",
  verifying: "Verifying",
  proving: "Proving",
  pruning: "Removing old backups",
} as const satisfies Record<BackupWork["kind"], string>;

function workText({ kind, done, bytes, rows, table }: BackupWork): string {
  const parts = [
    `${DOING[kind]}: ${Math.floor(done * 100)} %`,
    bytes === null ? null : byteCount(bytes),
    rows === null ? null : plural(rows, "row"),
    table,
  ];
  return parts.filter((part) => part !== null).join("  ");
}
