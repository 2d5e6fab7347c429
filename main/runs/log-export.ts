import path from "node:path";
import { and, desc, eq } from "drizzle-orm";
import { Refusal } from "../contract/refusal.ts";
import type { TextFile } from "../contract/shell.ts";
import type { Executor } from "../database/database.ts";
import { heartbeatRuns, routineRuns } from "../database/schema/runs.ts";
import type { InstancePaths } from "../instance/paths.ts";
import { findCompany } from "../work/lookup.ts";
import { removedText } from "./attempt-log.ts";
import { logSize, readForward } from "./log-reading.ts";
import { findRunId } from "./lookup.ts";

interface OneAttempt {
  readonly company?: string | undefined;
  readonly run: string;
  /** The newest one where it is left out. */
  readonly attempt?: number | undefined;
}

const LONGEST_TITLE = 60;

/** The masked log of an attempt as a text file to be saved. Refuses with `log_missing` where there is none. */
export async function findLogFile(executor: Executor, paths: InstancePaths, which: OneAttempt): Promise<TextFile> {
  const { id: companyId } = await findCompany(executor, which.company);
  const runId = await findRunId(executor, companyId, which.run);
  const [row] = await executor
    .select({
      title: routineRuns.title,
      attempt: heartbeatRuns.attempt,
      logPath: heartbeatRuns.logPath,
      removedAt: heartbeatRuns.logRemovedAt,
    })
    .from(heartbeatRuns)
    .innerJoin(routineRuns, eq(routineRuns.id, heartbeatRuns.routineRunId))
    .where(
      and(
        eq(heartbeatRuns.routineRunId, runId),
        ...(which.attempt === undefined ? [] : [eq(heartbeatRuns.attempt, which.attempt)]),
      ),
    )
    .orderBy(desc(heartbeatRuns.attempt))
    .limit(1);
  const file = path.join(paths.runLogs, row?.logPath ?? "");
  if (row && row.removedAt !== null) throw new Refusal("log_missing", removedText(row.removedAt));
  if (!row || row.logPath === null || (await logSize(file)) === null) {
    throw new Refusal("log_missing", "This attempt has no log that could be saved.", {
      next: `See the attempts of the run: \`paperclip-desktop runs show ${runId}\``,
    });
  }
  return { name: fileName(row.title, runId, row.attempt), read: () => logText(file) };
}

/** Such as `nightly-triage-0193c7d2-1.log`. */
function fileName(title: string, runId: string, attempt: number): string {
  const words = title
    .toLowerCase()
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .match(/[a-z0-9]+/g);
  const name = (words ?? ["run"]).join("-").slice(0, LONGEST_TITLE).replace(/-$/, "");
  return `${name}-${runId.slice(0, 8)}-${attempt}.log`;
}

/**
 * The text of a log as it stands now, a block at a time: one record a line, as `time stream text`. What is written while it
 * is read is left out, so that a run that never stops talking does not make a file that never ends.
 */
async function* logText(file: string): AsyncGenerator<string, void, undefined> {
  const size = await sizeOf(file);
  for (let offset = 0; offset < size;) {
    const { lines, next } = await readForward(file, offset);
    if (next === offset) {
      // The rest is a record that is being written, or the log is gone: then a file that ends here would look whole.
      if ((await sizeOf(file)) >= size) return;
      throw removed();
    }
    offset = next;
    yield lines.map(({ at, stream, text }) => `${at} ${stream} ${text}\n`).join("");
  }
}

async function sizeOf(file: string): Promise<number> {
  const size = await logSize(file);
  if (size === null) throw removed();
  return size;
}

function removed(): Refusal {
  return new Refusal("log_missing", "The log was removed before all of it was saved.");
}
