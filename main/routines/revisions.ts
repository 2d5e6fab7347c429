import { and, desc, eq, inArray, lt } from "drizzle-orm";
import { alias } from "drizzle-orm/pg-core";
import { actor } from "../../preload/contract/common.ts";
import type { RevisionRecord, RoutineDiff, Snapshot } from "../../preload/contract/routines.ts";
import { Refusal } from "../contract/refusal.ts";
import type { Executor } from "../database/database.ts";
import { routineRevisions } from "../database/schema/routines.ts";
import { agents, projects } from "../database/schema/work.ts";
import { findSecrets } from "../secrets/references.ts";
import { type DiffNames, type NumberedSnapshot, routineDiff } from "./diff.ts";
import { findRevision } from "./lookup.ts";
import type { RoutineRow } from "./snapshot.ts";

const ROWS_PER_PAGE = 100;

/** One page of a routine's revisions, newest first. The cursor is the number of the last one of a page. */
export async function listRevisions(
  executor: Executor,
  routine: RoutineRow,
  page: { readonly limit?: number | undefined; readonly cursor?: string | undefined },
): Promise<{ revisions: RevisionRecord[]; nextCursor: string | null }> {
  const limit = page.limit ?? ROWS_PER_PAGE;
  const origin = alias(routineRevisions, "origin");
  const rows = await executor
    .select({ revision: routineRevisions, restoredFromNumber: origin.revisionNumber })
    .from(routineRevisions)
    .leftJoin(origin, eq(origin.id, routineRevisions.restoredFromRevisionId))
    .where(
      and(
        eq(routineRevisions.routineId, routine.id),
        page.cursor === undefined ? undefined : lt(routineRevisions.revisionNumber, numberOf(page.cursor)),
      ),
    )
    .orderBy(desc(routineRevisions.revisionNumber))
    .limit(limit + 1);
  const shown = rows.slice(0, limit);
  return {
    revisions: shown.map(({ revision, restoredFromNumber }) => ({
      id: revision.id,
      routineId: revision.routineId,
      number: revision.revisionNumber,
      title: revision.title,
      changeSummary: revision.changeSummary,
      restoredFromNumber,
      current: revision.id === routine.latestRevisionId,
      createdBy: actor.parse({ type: revision.createdByType, id: revision.createdById }),
      createdAt: revision.createdAt.toISOString(),
    })),
    nextCursor: rows.length > limit ? String(shown.at(-1)?.revision.revisionNumber) : null,
  };
}

function numberOf(cursor: string): number {
  if (!/^[1-9]\d{0,8}$/.test(cursor)) {
    throw new Refusal("invalid_input", "The cursor is not one of a page of revisions.", {
      fields: { cursor: "must come from the page before" },
    });
  }
  return Number(cursor);
}

/** What changed between two revisions of a routine, without values. */
export async function diffRevisions(
  executor: Executor,
  routine: RoutineRow,
  from: number,
  to: number,
): Promise<RoutineDiff> {
  const before = numbered(await findRevision(executor, routine, from, "from"));
  const after = numbered(await findRevision(executor, routine, to, "to"));
  return routineDiff(before, after, await namesOf(executor, routine.companyId, [before.snapshot, after.snapshot]));
}

export const numbered = (revision: { revisionNumber: number; snapshot: Snapshot }): NumberedSnapshot => ({
  number: revision.revisionNumber,
  snapshot: revision.snapshot,
});

/** The names, within the company, of all that the snapshots point at. */
export async function namesOf(
  executor: Executor,
  companyId: string,
  snapshots: readonly Snapshot[],
): Promise<DiffNames> {
  const agentIds = snapshots.flatMap(({ agentId }) => agentId ?? []);
  const projectIds = snapshots.flatMap(({ projectId }) => projectId ?? []);
  const secretIds = new Set(
    snapshots.flatMap(({ env }) =>
      Object.values(env).flatMap((binding) => (binding.type === "secret_ref" ? binding.secretId : [])),
    ),
  );
  const references = Array.from(secretIds, (secretId) => ({ secretId }));
  const secrets = references.length > 0 ? await findSecrets(executor, companyId, references) : [];
  return {
    agents: await named(executor, agents, companyId, agentIds),
    projects: await named(executor, projects, companyId, projectIds),
    secrets: new Map(
      secrets.flatMap((secret) => (secret?.companyId === companyId ? [[secret.id, secret.key] as const] : [])),
    ),
  };
}

async function named(
  executor: Executor,
  table: typeof agents | typeof projects,
  companyId: string,
  ids: string[],
): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await executor
    .select({ id: table.id, name: table.name })
    .from(table)
    .where(and(eq(table.companyId, companyId), inArray(table.id, ids)));
  return new Map(rows.map(({ id, name }) => [id, name]));
}
