import { and, eq, sql } from "drizzle-orm";
import { Refusal } from "../contract/refusal.ts";
import type { Executor } from "../database/database.ts";
import { asId } from "../database/ids.ts";
import { routineRevisions, routines } from "../database/schema/routines.ts";
import type { RoutineRow } from "./snapshot.ts";

export type RevisionRow = typeof routineRevisions.$inferSelect;

/**
 * The routine that is meant: by its id, or by its title, whatever the case. A title that several have means the one that
 * is not archived. Refuses `routine_missing`, also for one of another company, and `name_ambiguous`.
 */
export async function findRoutine(executor: Executor, companyId: string, reference: string): Promise<RoutineRow> {
  const wanted = reference.trim();
  const id = asId(wanted);
  const meant = id ? eq(routines.id, id) : sql`lower(${routines.title}) = lower(${withoutNul(wanted)})`;
  const found = await executor
    .select()
    .from(routines)
    .where(and(eq(routines.companyId, companyId), meant));
  const current = found.filter((row) => row.status !== "archived");
  const [row, ...others] = current.length > 0 ? current : found;
  if (!row) {
    throw new Refusal("routine_missing", `There is no routine ${JSON.stringify(wanted)} in this company.`, {
      next: "See what there is: `paperclip-desktop routines list`",
      fields: { routine: "is not in this company" },
    });
  }
  if (others.length > 0) {
    throw new Refusal("name_ambiguous", `${others.length + 1} routines have the title ${JSON.stringify(wanted)}.`, {
      next: "Name the one that is meant by its id: `paperclip-desktop routines list`",
      fields: { routine: "is the title of several" },
    });
  }
  return row;
}

/** No title holds NUL, and PostgreSQL does not take it even to compare. */
const withoutNul = (text: string): string => text.replaceAll("\0", "\uFFFD");

/** The routine as it is now, locked until the transaction ends. Readers and new runs of others are not held up by it. */
export async function lockRoutine(tx: Executor, companyId: string, routineId: string): Promise<RoutineRow> {
  const [row] = await tx
    .select()
    .from(routines)
    .where(and(eq(routines.companyId, companyId), eq(routines.id, routineId)))
    .for("no key update");
  if (!row) throw new Refusal("routine_missing", "The routine is not there any more.");
  return row;
}

/** One revision of a routine by its number, which came in this field. Refuses `revision_missing`. */
export async function findRevision(
  executor: Executor,
  routine: RoutineRow,
  number: number,
  field: "revision" | "from" | "to" = "revision",
): Promise<RevisionRow> {
  const known = number <= routine.latestRevisionNumber;
  const [row] = known
    ? await executor
        .select()
        .from(routineRevisions)
        .where(and(eq(routineRevisions.routineId, routine.id), eq(routineRevisions.revisionNumber, number)))
    : [];
  if (!row) {
    throw new Refusal(
      "revision_missing",
      `${JSON.stringify(routine.title)} has no revision ${number}; its latest is ${routine.latestRevisionNumber}.`,
      {
        next: `See what there is: \`paperclip-desktop routines revisions ${routine.id}\``,
        fields: { [field]: "is not a revision of this routine" },
        details: { latest: routine.latestRevisionNumber },
      },
    );
  }
  return row;
}
