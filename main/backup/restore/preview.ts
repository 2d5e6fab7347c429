import { statfs } from "node:fs/promises";
import path from "node:path";
import { sql } from "drizzle-orm";
import type { LostThings, RestoredKeys, RestorePreview } from "../../../preload/contract/restore.ts";
import type { Executor } from "../../database/database.ts";
import type { KeyRing } from "../../secrets/key-ring.ts";
import { tableName, type Header } from "../format.ts";
import type { DatabaseContent, ReadDatabase } from "../read.ts";
import type { RestoreSource } from "./source.ts";

/** Bytes of an empty cluster with its first log files. */
const EMPTY_CLUSTER = 96 * 1024 * 1024;
/** Bytes of log that a server keeps while much is written. */
const MOST_LOG = 256 * 1024 * 1024;
/** By how much rows take more space in a database, with its indexes, than as text. */
const GROWTH = 2;

/** Whether this machine's keys open what is in a backup. */
export function judgeKeys(
  { keys }: Header,
  {
    recoverable,
    inside,
    mode,
  }: { readonly recoverable: boolean; readonly inside: string | null; readonly mode: "embedded" | "postgres" },
  ring: KeyRing,
): RestoredKeys {
  const expectedKeyId = keys.master ?? keys.needed[0] ?? null;
  if (expectedKeyId === null) {
    return { state: "none", expectedKeyId, message: "It holds no secret that a key would have to open.", next: null };
  }
  const state = ring.judge(expectedKeyId);
  if (state === "current") {
    return {
      state,
      expectedKeyId,
      message: `The master key ${expectedKeyId}, which is in use here, opens it.`,
      next: null,
    };
  }
  if (state === "retired") {
    const message =
      `It expects the master key ${expectedKeyId}, which a rotation has retired here and which is still kept. ` +
      `Its keys are wrapped anew by the one in use, ${ring.currentId}.`;
    return { state, expectedKeyId, message, next: null };
  }
  if (inside === expectedKeyId) {
    const message =
      `Its master key ${expectedKeyId} is inside and is put in place. ` +
      (ring.currentId === null
        ? "There is none here yet."
        : `The one here, ${ring.currentId}, is ${mode === "embedded" ? "kept for the undo" : "kept beside it"}.`);
    return { state: "inside", expectedKeyId, message, next: null };
  }
  if (state === "aside") {
    const message =
      `It expects the master key ${expectedKeyId}, which was put aside here by a recovery and is put in place again. ` +
      `The one in use, ${ring.currentId ?? "which cannot be read"}, is put aside in its turn.`;
    return { state, expectedKeyId, message, next: null };
  }
  const here = ring.currentId === null ? "no master key is at hand here" : `the one here is ${ring.currentId}`;
  const code = recoverable
    ? " Or open it with its recovery code afterwards: `paperclip-desktop secrets key recovery open`"
    : "";
  return {
    state,
    expectedKeyId,
    message: `Its secrets stay closed here: it expects the master key ${expectedKeyId}, and ${here}. The vault will be locked; everything else works.`,
    next: `Bring the key ${expectedKeyId} to this machine.${code}`,
  };
}

/**
 * Bytes that a restore takes at most likely, and those that are free where the database is; null where nobody can tell. One of
 * everything that was not opened yet takes as much again: the files and the archive of the database lie beside it then.
 */
export async function judgeSpace(
  { content, full, bytes }: Pick<RestoreSource, "content" | "full" | "bytes">,
  database: string,
): Promise<RestorePreview["space"]> {
  const raw = content.tables.reduce((sum, table) => sum + table.bytes, 0);
  const opened = full === null || full.opened !== null ? 0 : bytes;
  const neededBytes = EMPTY_CLUSTER + GROWTH * raw + Math.min(MOST_LOG, raw) + opened;
  const { bavail, bsize, blocks } = await statfs(path.dirname(database));
  return { neededBytes, freeBytes: blocks === 0 ? null : bavail * bsize };
}

/** Tables whose rows an operator would miss, by the names that people know. */
const THINGS = [
  ["companies", "companies", true],
  ["agents", "agents", true],
  ["projects", "projects", true],
  ["routines", "routines", true],
  ["revisions", "routine_revisions", false],
  ["secrets", "company_secrets", true],
  ["versions", "company_secret_versions", false],
  ["runs", "routine_runs", false],
] as const satisfies readonly (readonly [LostThings["what"], string, boolean])[];

/** What is in use and not in the backup, counted. Of a company that is not in it, all is, however old it is. */
export async function judgeLoss(
  executor: Executor,
  { header, tables, companyIds }: ReadDatabase,
): Promise<NonNullable<RestorePreview["current"]>> {
  const { rows: companies } = await executor.execute<{ id: string; name: string }>(
    sql`select id, name from companies order by name limit 1000`,
  );
  const absent = companies.filter(({ id }) => !companyIds.has(id)).map(({ name }) => name);
  const inside = sql`${JSON.stringify([...companyIds])}::jsonb`;
  const since = sql`${header.takenAt}::timestamptz`;
  const lost: LostThings[] = [];
  for (const [what, table, keepsChanges] of THINGS) {
    const known = sql`${inside} ? (${sql.identifier(table === "companies" ? "id" : "company_id")})::text`;
    const then = tables.find(({ schema, name }) => schema === "public" && name === table)?.rows ?? 0;
    const [found] = (
      await executor.execute<{ absent: number; kin: number; newer: number; changed: number | null }>(sql`
        select count(*) filter (where not ${known})::int as absent,
          count(*) filter (where ${known})::int as kin,
          count(*) filter (where ${known} and created_at > ${since})::int as newer,
          ${keepsChanges ? sql`count(*) filter (where ${known} and created_at <= ${since} and updated_at > ${since})::int` : sql`null::int`} as changed
        from ${sql.identifier(table)}`)
    ).rows;
    if (!found) throw new Error(`${table} was not counted`);
    // Older rows that are not in it, as after an undo, are told where there are more here than it has.
    const added = found.absent + Math.max(found.newer, found.kin - then);
    lost.push({ what, added, changed: found.changed });
  }
  const { rows: running } = await executor.execute<{ count: number }>(
    sql`select count(*)::int as count from routine_runs where status = 'running'`,
  );
  return {
    companies: companies.map(({ name }) => name),
    absent,
    related: absent.length < companies.length,
    lost,
    running: running[0]?.count ?? 0,
  };
}

/** What a restore of a backup of the database alone leaves where it is. */
const LOGS_STAY =
  "Logs of runs are files and stay where they are: a run that the backup does not know loses its row, and its log is left.";

/** What is to be known before any restore. */
const HELD =
  "Nothing starts by itself afterwards: schedules, queued runs, retries and webhooks are held until they are released.";

/** What is to be known before a restore of a backup of the database. */
export const NOTES = [LOGS_STAY, HELD];

/** What is to be known before a restore of a full backup: what takes the place of what stands here. */
export function fullNotes(mode: "embedded" | "postgres"): string[] {
  const kept =
    mode === "embedded"
      ? "Undo puts them back."
      : "Those of here are kept in restore/replaced of the instance folder for 7 days; there is no undo into a server.";
  return [
    `Files of the backup, logs of runs among them, take the place of those here, folder by folder; a folder that it has nothing of stays as it is. ${kept}`,
    "Settings come from the backup, but where the database and the key are is left as it is here.",
    HELD,
  ];
}

/** Rows by table, as a preview shows them. */
export function rowsByTable({ tables }: DatabaseContent): RestorePreview["tables"] {
  return tables.map((table) => ({ name: tableName(table), rows: table.rows }));
}
